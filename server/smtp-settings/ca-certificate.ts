/** The field for one's own CA holds certificates and nothing else: it is shown to everybody who may see the settings. */
import { X509Certificate } from 'node:crypto';
import type { FieldProblem } from '../../contracts/problem.ts';

const block = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/** @param fields of SMTP settings; an empty `caCertificate` is no fault here. */
export const checkCa = ({ caCertificate }: { caCertificate: string }): FieldProblem[] => {
  if (caCertificate === '') return [];
  const blocks = [...caCertificate.matchAll(block)];
  const rest = caCertificate.replaceAll(block, '').trim();
  const isClean =
    rest === '' && blocks.length > 0 && blocks.every(([text, label]) => label === 'CERTIFICATE' && canRead(text));
  if (isClean) return [];
  const message = blocks.some(([, label]) => label !== 'CERTIFICATE')
    ? 'Paste only certificates: everybody who sees these settings can read this field. Take out anything else, above all private keys.'
    : 'This is not a certificate in PEM form. Paste it whole, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.';
  return [{ path: 'caCertificate', code: 'invalid', message }];
};

const canRead = (pem: string): boolean => {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
};
