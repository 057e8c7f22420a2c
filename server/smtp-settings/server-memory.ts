/**
 * What is remembered of the server behind SMTP settings: how large a message it takes, and that it offers STARTTLS.
 *
 * from: each session that is opened for them, by a test or for mail. to: whoever accepts mail that will go by them, and the
 * next session. Policy: a SIZE refuses mail only while it is fresh on the day the mail may leave; what is older bounds
 * nothing, and the server is asked. STARTTLS is remembered until the settings name another server or another security.
 * Known limits: servers behind one name may offer different things; the largest SIZE of a moment counts, and one of them
 * without STARTTLS is taken for somebody in between until Security is None. RFC 1870, RFC 3207.
 */
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import type { ServerMemory, ServerOffer } from '../smtp/target.ts';

const day = 24 * 60 * 60 * 1000;
/** A limit is raised by whoever runs the server, and nobody tells us; after a week it is found out anew. */
export const freshSizeDays = 7;
/** That it is still so is written down so often, and not with each connection. */
const tellAgainMilliseconds = 60 * 60 * 1000;
/** Of servers that say this and that, the smaller one waits for this. */
const restMilliseconds = 10_000;

export type SizeKnowledge = Pick<SmtpSettings, 'sizeLimitBytes' | 'serverSeenAt'>;

/**
 * Octets of the largest message that the server takes; null: none is known that may be believed.
 * @param at when the message may leave, milliseconds since 1970
 */
export const findSizeLimit = (
  { sizeLimitBytes = null, serverSeenAt = null }: Partial<SizeKnowledge>,
  at: number,
): number | null => {
  if (sizeLimitBytes === null || serverSeenAt === null) return null;
  return at - Date.parse(serverSeenAt) <= freshSizeDays * day ? sizeLimitBytes : null;
};

/** `12.4 MB`, `640 KB`: rounded up for what is too large, down for what may be. Decimal, as SIZE is usually meant. */
export const formatOctets = (octets: number, round: 'up' | 'down'): string => {
  const [unit, name] = octets >= 1e6 ? [1e5, 'MB'] : [1e3, 'KB'];
  const whole = round === 'up' ? Math.ceil(octets / unit) : Math.floor(octets / unit);
  return `${name === 'MB' ? whole / 10 : whole} ${name}`;
};

/** What decides who is spoken to, and how: what was seen holds only while these stay as they were. */
export const serverFieldNames = ['host', 'port', 'username', 'security', 'starttlsOnly'] as const;
type ServerFields = Pick<SmtpSettings, (typeof serverFieldNames)[number]>;

export const isSameServer = (a: ServerFields, b: ServerFields): boolean =>
  serverFieldNames.every((name) => a[name] === b[name]);

export interface MemoryParts {
  /** Kept where the settings are still of this version. */
  save: (id: string, version: number, offer: ServerOffer) => Promise<void>;
  /** Milliseconds since 1970. */
  now: () => number;
}

export const openServerMemory = (
  settings: Pick<SmtpSettings, 'id' | 'version' | 'starttlsSeenAt'> & SizeKnowledge,
  { save, now }: MemoryParts,
): ServerMemory => {
  let hadStarttls = settings.starttlsSeenAt !== null;
  let last: { sizeLimitBytes: number | null; at: number } | null =
    settings.serverSeenAt === null
      ? null
      : { sizeLimitBytes: settings.sizeLimitBytes, at: Date.parse(settings.serverSeenAt) };

  const isWorthTelling = ({ sizeLimitBytes, hasStarttls }: ServerOffer): boolean => {
    if (last === null || (hasStarttls && !hadStarttls)) return true;
    const [before, after] = [
      last.sizeLimitBytes ?? Number.POSITIVE_INFINITY,
      sizeLimitBytes ?? Number.POSITIVE_INFINITY,
    ];
    // Also when the clock was set back.
    const age = Math.abs(now() - last.at);
    return after > before || age >= (after < before ? restMilliseconds : tellAgainMilliseconds);
  };

  return {
    hadStarttls: () => hadStarttls,
    note: (offer) => {
      if (!isWorthTelling(offer)) return;
      hadStarttls ||= offer.hasStarttls;
      last = { sizeLimitBytes: offer.sizeLimitBytes, at: now() };
      // What could not be kept is told anew with the next session.
      save(settings.id, settings.version, offer).catch(() => {
        last = null;
      });
    },
  };
};
