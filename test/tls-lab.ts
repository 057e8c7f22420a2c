/**
 * A certificate authority and leaf certificates for tests, made with the `openssl` command in a temporary folder, once a process.
 * Every leaf names `localhost`, `mail.test` and 127.0.0.1 (but `wrong-name`: `other.test`).
 *
 *   const lab = tlsLab();
 *   startFakeSmarthost({ tls: { mode: 'starttls', ...lab.leaf('expired') } });
 *   target.certificate = { check: 'ca', pem: lab.ca };
 */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const leafKinds = ['valid', 'expired', 'not-yet-valid', 'wrong-name', 'self-signed', 'untrusted'] as const;
export type LeafKind = (typeof leafKinds)[number];

export interface Leaf {
  key: string;
  cert: string;
  /** SHA-256, 64 lower-case hexadecimal digits. */
  fingerprint: string;
}

export interface TlsLab {
  /** PEM of the authority that signed every leaf but `self-signed` and `untrusted`. */
  ca: string;
  leaf(kind: LeafKind): Leaf;
}

let lab: TlsLab | undefined;

export function tlsLab(): TlsLab {
  lab ??= buildLab();
  return lab;
}

const dayMilliseconds = 86_400_000;
const ownNames = 'DNS:localhost,DNS:mail.test,IP:127.0.0.1';

function buildLab(): TlsLab {
  const folder = mkdtempSync(join(tmpdir(), 'postern-tls-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const read = (name: string) => readFileSync(file(name), 'utf8');

  writeFileSync(file('index.txt'), '');
  writeFileSync(
    file('ca.cnf'),
    `[ca]\ndefault_ca=lab\n[lab]\ndatabase=${file('index.txt')}\nnew_certs_dir=${folder}\nrand_serial=yes\nunique_subject=no\n` +
      `default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n[req]\ndistinguished_name=dn\n[dn]\n` +
      `[authority]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n` +
      `[own]\nbasicConstraints=CA:FALSE\nsubjectAltName=${ownNames}\n[other]\nbasicConstraints=CA:FALSE\nsubjectAltName=DNS:other.test\n`,
  );
  const newKey = (name: string) =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', file(`${name}.key`));
  const selfSign = (name: string, commonName: string, section: string, key = name) => {
    const words = ['-new', '-x509', '-days', '30', '-config', file('ca.cnf'), '-extensions', section];
    openssl('req', ...words, '-subj', `/CN=${commonName}`, '-key', file(`${key}.key`), '-out', file(`${name}.pem`));
  };
  for (const name of ['ca', 'stranger', 'leaf']) newKey(name);
  selfSign('ca', 'Postern test CA', 'authority');
  selfSign('stranger', 'A stranger', 'authority');
  openssl(
    'req',
    '-new',
    '-config',
    file('ca.cnf'),
    '-subj',
    '/CN=localhost',
    '-key',
    file('leaf.key'),
    '-out',
    file('leaf.csr'),
  );

  const sign = (kind: string, fromDays: number, toDays: number, section = 'own', authority = 'ca') => {
    const at = (days: number) =>
      `${new Date(Date.now() + days * dayMilliseconds)
        .toISOString()
        .replace(/[-:T]|\.\d+/g, '')
        .slice(2)}`;
    const dates = ['-startdate', at(fromDays), '-enddate', at(toDays)];
    const signer = ['-cert', file(`${authority}.pem`), '-keyfile', file(`${authority}.key`)];
    const words = ['-batch', '-notext', '-config', file('ca.cnf'), '-extensions', section, ...dates, ...signer];
    openssl('ca', ...words, '-in', file('leaf.csr'), '-out', file(`${kind}.pem`));
  };
  const makers: Record<LeafKind, () => void> = {
    valid: () => sign('valid', -1, 60),
    expired: () => sign('expired', -30, -2),
    'not-yet-valid': () => sign('not-yet-valid', 2, 30),
    'wrong-name': () => sign('wrong-name', -1, 60, 'other'),
    'self-signed': () => selfSign('self-signed', 'localhost', 'own', 'leaf'),
    untrusted: () => sign('untrusted', -1, 60, 'own', 'stranger'),
  };
  const made = new Map<LeafKind, Leaf>();
  return {
    ca: read('ca.pem'),
    leaf(kind) {
      const known = made.get(kind);
      if (known !== undefined) return known;
      makers[kind]();
      const cert = read(`${kind}.pem`);
      const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
      const leaf = { key: read('leaf.key'), cert, fingerprint };
      made.set(kind, leaf);
      return leaf;
    },
  };
}
