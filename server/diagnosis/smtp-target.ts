/** From the fields of SMTP settings to where a session goes and on what terms. Pure: what the machine is called is handed in. */
import { isIP } from 'node:net';
import type { ServerMemory, SmtpTarget, Timeouts } from '../smtp/target.ts';
import { chosenEncryption, type SmtpSettingsFields } from '../smtp-settings/smtp-settings.ts';

/** The name and the addresses of this machine, as `os.hostname()` and `os.networkInterfaces()` give them. */
export interface MachineNames {
  hostname: string;
  /** Without loopback and link-local ones. */
  addresses: readonly string[];
}

const isFullName = (name: string): boolean =>
  /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\.?$/i.test(name) &&
  isIP(name) === 0 &&
  !/^localhost\b|\.localhost\.?$/i.test(name);

/** RFC 5321 §4.1.3: `[192.0.2.1]`, `[IPv6:2001:db8::1]`. */
const toLiteral = (address: string): string => (isIP(address) === 6 ? `[IPv6:${address}]` : `[${address}]`);

/**
 * Names by which this machine may say hello, best first: its full host name, else its address in brackets (RFC 5321 §4.1.4).
 * Never `localhost`, which many servers refuse. Always at least one.
 */
export const listEhloNames = (machine: MachineNames): string[] => {
  const names = isFullName(machine.hostname) ? [machine.hostname.replace(/\.$/, '').toLowerCase()] : [];
  const address = machine.addresses.find((one) => isIP(one) === 4) ?? machine.addresses.find((one) => isIP(one) === 6);
  return [...names, toLiteral(address ?? '127.0.0.1')];
};

/** Mailbox providers: their names are nobody's to say hello with. */
const isMailboxProvider = (domain: string): boolean =>
  /^(gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|aol|icloud|me|mac|gmx|web|proton|protonmail|zoho|fastmail|mail|yandex)\.(com|net|org|me|[a-z]{2}|co\.[a-z]{2})$/i.test(
    domain,
  );

/**
 * What may be tried when a server refuses the name: the names of the machine, and last the domain of the From address,
 * which is ours to use, though it is not this machine's name. Only names that the EHLO name field takes.
 */
export const listOtherEhloNames = (machine: MachineNames, fromEmail: string): string[] => {
  const domain = fromEmail.split('@')[1] ?? '';
  const names = [...listEhloNames(machine), ...(isFullName(domain) && !isMailboxProvider(domain) ? [domain] : [])];
  return names.filter((name) => !name.startsWith('[IPv6:') && name !== '[127.0.0.1]');
};

/** Milliseconds. The limits of RFC 5321 §4.5.3.2 where the settings say nothing; a whole attempt twice the longest one. */
export const deliveryTimeouts = (
  settings: Pick<SmtpSettingsFields, 'connectTimeoutSeconds' | 'replyTimeoutSeconds'>,
): Timeouts => {
  const connect = settings.connectTimeoutSeconds * 1000;
  const reply = settings.replyTimeoutSeconds * 1000;
  const dot = Math.max(reply, 600_000);
  return { connect, tls: Math.max(connect, 30_000), greeting: reply, reply, dot, body: 180_000, deadline: 2 * dot };
};

/** Milliseconds. Somebody is watching: a test may be wrong about a server that is slow, but must end soon. */
export const testTimeouts = (
  settings: Pick<SmtpSettingsFields, 'connectTimeoutSeconds' | 'replyTimeoutSeconds'>,
): Timeouts => {
  const connect = Math.min(settings.connectTimeoutSeconds * 1000, 10_000);
  const reply = Math.min(settings.replyTimeoutSeconds * 1000, 15_000);
  // Some servers make strangers wait for the greeting, six seconds as a rule; who waits longer looks up names that fail.
  const greeting = Math.min(reply, 12_000);
  return { connect, tls: 10_000, greeting, reply, dot: 60_000, body: 30_000, deadline: 90_000 };
};

const toCertificateCheck = (
  settings: Pick<SmtpSettingsFields, 'certificateCheck' | 'certificateFingerprint' | 'caCertificate'>,
): SmtpTarget['certificate'] => {
  if (settings.certificateCheck === 'fingerprint') {
    return { check: 'fingerprint', sha256: settings.certificateFingerprint };
  }
  return settings.certificateCheck === 'ca' ? { check: 'ca', pem: settings.caCertificate } : { check: 'verify' };
};

/**
 * Settings → target. An empty user name means no authentication. A user name without a password also gives no
 * credentials: whoever calls must say so first (the ladder does, as `password-missing`), because the server would only
 * answer that it wants sign-in.
 */
export const toSmtpTarget = (
  settings: SmtpSettingsFields,
  password: string | null,
  parts: {
    machine: MachineNames;
    timeouts: Timeouts;
    isAddressAllowed: (address: string) => boolean;
    memory?: ServerMemory | undefined;
  },
): SmtpTarget => ({
  host: settings.host,
  port: settings.port,
  encryption: chosenEncryption(settings),
  certificate: toCertificateCheck(settings),
  tlsMinimum: settings.tlsMinimum,
  credentials:
    settings.username === '' || password === null || password === '' ? null : { username: settings.username, password },
  authMethod: settings.authMethod,
  ehloName: settings.ehloName || (listEhloNames(parts.machine)[0] ?? '[127.0.0.1]'),
  timeouts: parts.timeouts,
  isAddressAllowed: parts.isAddressAllowed,
  ...(parts.memory && { memory: parts.memory }),
});
