/** What a certificate says, and which failure a verification error is. Verification itself is OpenSSL's (RFC 5280, RFC 6125). */
import type { X509Certificate } from 'node:crypto';
import type { FailureKind } from './outcome.ts';
import { escapeUnsafe } from './safe-text.ts';
import type { PeerCertificate } from './target.ts';

/** Longer chains are cut: nobody reads them, and the length is the server's choice. */
const maxChain = 10;

/** Leaf first. */
export function readChain(leaf: X509Certificate | undefined): PeerCertificate[] {
  const chain: PeerCertificate[] = [];
  for (let next = leaf; next !== undefined && chain.length < maxChain; next = next.issuerCertificate) {
    const fingerprint = toFingerprint(next);
    if (chain.some((seen) => seen.fingerprint === fingerprint)) break;
    chain.push({
      subject: toOneLine(next.subject),
      issuer: toOneLine(next.issuer),
      names: readNames(next.subjectAltName ?? ''),
      validFrom: new Date(next.validFrom),
      validTo: new Date(next.validTo),
      fingerprint,
    });
  }
  return chain;
}

export const toFingerprint = (certificate: X509Certificate): string =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase();

/** Node gives one attribute a line, in certificate order; people read the common name first. */
const toOneLine = (name: string | undefined): string => (name ?? '').split('\n').reverse().map(escapeUnsafe).join(', ');

/** `DNS:a.example, IP Address:192.0.2.1` → the names; an entry with odd characters comes quoted, as JSON. */
function readNames(subjectAltName: string): string[] {
  const entries = subjectAltName.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return entries.flatMap((entry) => {
    const match = /^\s*(?:DNS|IP Address):(.*)$/s.exec(entry);
    return match?.[1] === undefined ? [] : [match[1].replace(/^"(.*)"$/s, '$1')].map(escapeUnsafe);
  });
}

/** OpenSSL's verification error, by the name Node gives it. */
export function classifyCertificateError(code: string): FailureKind {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'certificate-expired';
    case 'CERT_NOT_YET_VALID':
      return 'certificate-not-yet-valid';
    case 'CERT_REVOKED':
      return 'certificate-revoked';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'certificate-self-signed';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return 'certificate-wrong-name';
    default:
      return 'certificate-untrusted';
  }
}

/** A handshake that OpenSSL gave up, by the code of its error. */
export function classifyHandshakeError(code: string): FailureKind {
  // The first bytes were no TLS record: text, read as one, has an impossible version or length.
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_TOO_LARGE|HTTP_REQUEST|HTTPS_PROXY_REQUEST/.test(code)) {
    return 'tls-not-spoken';
  }
  if (/UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|VERSION_TOO_LOW|UNKNOWN_PROTOCOL/.test(code))
    return 'tls-version-too-old';
  return 'tls-failed';
}
