/**
 * What Postern can change by itself, so that the next test goes further. failure-texts.ts says which repair belongs to
 * which failure; each one here decides whether it fits the case at hand, and gives nothing where it does not.
 *
 * Policy: a repair is offered only where what was seen makes it likely to work (a port that answered, a certificate that
 * was shown). None weakens security silently: sending unencrypted is offered only where no port speaks TLS, trusting a
 * certificate only after it was seen, and both say in their label what they mean.
 */
import type { FailureCode, PortProbe, Repair } from '../../contracts/diagnosis.ts';
import { readCapabilities } from '../smtp/capabilities.ts';
import type { PeerCertificate, SessionFacts } from '../smtp/target.ts';
import { isImplicitTls, type Situation } from './recognise-failure.ts';

export type RepairName =
  | 'tls-here'
  | 'starttls-here'
  | 'unencrypted-here'
  | 'working-port'
  | 'accept-tls-1.2'
  | 'trust-certificate'
  | 'trust-other-certificate'
  | 'no-authentication'
  | 'any-auth-method'
  | 'api-key-user-name'
  | 'whole-address-user-name'
  | 'send-as-user-name'
  | 'ehlo-name';

const probeOf = (port: number, situation: Situation) => situation.probes.find((probe) => probe.port === port)?.result;
const isEncrypted = (probe: PortProbe) => probe.result === 'tls' || probe.result === 'starttls';

/** The server told what it can do, and sign-in is not among it. RFC 4954 §3 */
const hasNoAuth = ({ capabilities }: SessionFacts) =>
  capabilities.length > 0 && readCapabilities([...capabilities]).authMechanisms.length === 0;

const shorten = (fingerprint: string) => `${(fingerprint.match(/../g) ?? []).slice(0, 4).join(':')}…`;

/** `mail.example.com` of `CN=mail.example.com, O=Example`; the whole where there is no CN. */
export const findCommonName = (subject: string): string =>
  /(?:^|[,\n/]\s*)CN\s*=\s*([^,\n/]+)/i.exec(subject)?.[1]?.trim() ?? subject;

const trust = (certificate: PeerCertificate | undefined, label: (name: string, short: string) => string): Repair[] =>
  certificate === undefined
    ? []
    : [
        {
          label: label(findCommonName(certificate.subject) || 'no name', shorten(certificate.fingerprint)),
          changes: { certificateCheck: 'fingerprint', certificateFingerprint: certificate.fingerprint },
        },
      ];

const sendUnencrypted = (situation: Situation, where: string) =>
  `Send without encryption${where} (anyone on the way can read the mail${situation.settings.username === '' ? '' : ' and the password'})`;

/** Implicit TLS before STARTTLS (RFC 8314 §3), then the usual ports in the order providers prefer them. */
const preference = (probe: PortProbe) => {
  const order = [465, 587, 2525, 25].indexOf(probe.port);
  return (probe.result === 'tls' ? 0 : 10) + (order === -1 ? 5 : order);
};

const useWorkingPort = (situation: Situation): Repair[] => {
  const others = situation.probes.filter((probe) => probe.port !== situation.settings.port);
  const encrypted = others.filter(isEncrypted).sort((a, b) => preference(a) - preference(b));
  if (encrypted.length > 0) {
    return encrypted.slice(0, 2).map((probe) =>
      probe.result === 'tls'
        ? {
            label: `Use port ${probe.port} with TLS from the start`,
            changes: { port: probe.port, starttlsOnly: false, security: 'tls' },
          }
        : { label: `Use port ${probe.port} with STARTTLS`, changes: { port: probe.port, starttlsOnly: true } },
    );
  }
  const plain = others.find((probe) => probe.result === 'plain');
  const isGivenPortUsable = ['tls', 'starttls', 'plain'].includes(probeOf(situation.settings.port, situation) ?? '');
  if (plain === undefined || isGivenPortUsable) return [];
  return [
    {
      label: sendUnencrypted(situation, ` on port ${plain.port}`),
      changes: { port: plain.port, starttlsOnly: false, security: 'none' },
    },
  ];
};

const repairs: Record<RepairName, (situation: Situation, code: FailureCode) => Repair[]> = {
  'tls-here': (situation, code) => {
    const isKnown = code === 'tls-expected' || probeOf(situation.settings.port, situation) === 'tls';
    if (!isKnown || isImplicitTls(situation.settings)) return [];
    return [
      {
        label: `Use TLS from the start on port ${situation.settings.port}`,
        changes: { starttlsOnly: false, security: 'tls' },
      },
    ];
  },

  'starttls-here': (situation) =>
    !situation.settings.starttlsOnly &&
    (probeOf(situation.settings.port, situation) === 'starttls' ||
      readCapabilities(situation.facts.capabilities).hasStarttls)
      ? [{ label: `Use STARTTLS on port ${situation.settings.port}`, changes: { starttlsOnly: true } }]
      : [],

  'unencrypted-here': (situation) => {
    const isPlainPort = probeOf(situation.settings.port, situation) === 'plain';
    return isPlainPort && !situation.probes.some(isEncrypted)
      ? [{ label: sendUnencrypted(situation, ''), changes: { starttlsOnly: false, security: 'none' } }]
      : [];
  },

  'working-port': useWorkingPort,

  'accept-tls-1.2': (situation) =>
    situation.settings.tlsMinimum === '1.3'
      ? [{ label: 'Accept TLS 1.2 as well', changes: { tlsMinimum: '1.2' } }]
      : [],

  'trust-certificate': (situation) =>
    trust(situation.facts.certificates[0], (name, short) => `Trust exactly this certificate (${name}, ${short})`),

  'trust-other-certificate': (situation) =>
    trust(
      situation.facts.certificates[0],
      (name, short) =>
        `Trust the other certificate from now on (${name}, ${short}; until now ${shorten(situation.settings.certificateFingerprint)})`,
    ),

  'no-authentication': (situation, code) =>
    code === 'auth-not-offered' || hasNoAuth(situation.facts)
      ? [{ label: 'Send without sign-in', changes: { username: '' } }]
      : [],

  'any-auth-method': (situation) => {
    if (situation.settings.authMethod === 'automatic') return [];
    const usable = readCapabilities(situation.facts.capabilities).authMechanisms.filter((method) =>
      ['PLAIN', 'LOGIN', 'CRAM-MD5'].includes(method),
    );
    if (usable.length === 0) return [];
    const isOpen = situation.facts.encryption === 'none' && !usable.includes('CRAM-MD5');
    return [
      {
        label: `Let Postern choose the method (${usable.join(', ')}${isOpen ? '; anyone on the way can read the password' : ''})`,
        changes: { authMethod: 'automatic' },
      },
    ];
  },

  'api-key-user-name': ({ settings }) =>
    /(^|\.)sendgrid\.net\.?$/i.test(settings.host) && settings.username !== 'apikey'
      ? [{ label: 'Use apikey as user name', changes: { username: 'apikey' } }]
      : [],

  // Only for names people have; keys and tokens are long.
  'whole-address-user-name': ({ settings }) => {
    const domain = settings.fromEmail.split('@')[1];
    if (!/^[a-z][a-z0-9._-]{0,19}$/i.test(settings.username) || domain === undefined) return [];
    if (settings.username === 'apikey') return [];
    const address = `${settings.username}@${domain}`;
    return [{ label: `Use ${address} as user name`, changes: { username: address } }];
  },

  'send-as-user-name': ({ settings }) => {
    const isAddress = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/.test(settings.username);
    if (!isAddress || settings.username.toLowerCase() === settings.fromEmail.toLowerCase()) return [];
    const replyTo = settings.replyTo === '' ? settings.fromEmail : settings.replyTo;
    return [
      {
        label: `Send as ${settings.username}, with replies to ${replyTo}`,
        changes: { fromEmail: settings.username, replyTo },
      },
    ];
  },

  'ehlo-name': (situation) =>
    situation.otherEhloNames
      .filter((name) => name.toLowerCase() !== situation.saidEhloName.toLowerCase())
      .slice(0, 2)
      .map((name) => ({ label: `Say hello as ${name}`, changes: { ehloName: name } })),
};

/** The repairs of these names that fit, in the given order. */
export const suggestRepairs = (names: readonly RepairName[], code: FailureCode, situation: Situation): Repair[] =>
  names.flatMap((name) => repairs[name](situation, code));
