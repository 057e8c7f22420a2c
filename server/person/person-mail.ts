/**
 * What Postern itself mails to its people: by its own queue, urgent, secret (nobody reads the body in the log, and it is
 * sealed while it waits), and never later than what it carries is worth something.
 */
import { EmailInput } from '../../contracts/submission.ts';

export interface PersonMail {
  to: string;
  language: string | null;
  /** Milliseconds; null: whenever it can be sent. */
  expiresAt: number | null;
  content:
    | { key: 'password-reset' | 'password-changed' | 'user-invitation'; variables: Record<string, string | number> }
    | { subject: string; text: string };
}

/** Not sent: `why` says it for an administrator, and holds nothing secret. */
export type SendPersonMail = (mail: PersonMail) => Promise<{ ok: true } | { ok: false; why: string }>;

export const toEmailInput = ({ to, language, expiresAt, content }: PersonMail): EmailInput =>
  EmailInput.parse({
    to,
    lane: 'urgent',
    secret: true,
    ...(expiresAt !== null && { expires_at: new Date(expiresAt).toISOString() }),
    ...('key' in content
      ? { template: { ...content, ...(language !== null && { language }) } }
      : { subject: content.subject, text: content.text }),
  });

export interface Named {
  name: string;
  email: string;
  language: string | null;
}

const greeted = ({ name, email }: Named) => ({ ...(name !== '' && { name }), email });

export const writeInvitation = (person: Named, link: string, invitedBy: string, expiresAt: number): PersonMail => ({
  to: person.email,
  language: person.language,
  expiresAt,
  content: {
    key: 'user-invitation',
    variables: { ...greeted(person), invited_by: invitedBy, link, expires_at: new Date(expiresAt).toISOString() },
  },
});

export const writePasswordReset = (person: Named, link: string, minutes: number, expiresAt: number): PersonMail => ({
  to: person.email,
  language: person.language,
  expiresAt,
  content: { key: 'password-reset', variables: { ...greeted(person), link, expires_minutes: minutes } },
});

/** @param link where another password can be asked for. */
export const writePasswordChanged = (person: Named, link: string, changedAt: number): PersonMail => ({
  to: person.email,
  language: person.language,
  expiresAt: null,
  content: {
    key: 'password-changed',
    variables: { ...greeted(person), changed_at: new Date(changedAt).toISOString(), link },
  },
});

/** To the new address. */
export const writeEmailConfirmation = (
  { language }: Named,
  newEmail: string,
  link: string,
  expiresAt: number,
): PersonMail => ({
  to: newEmail,
  language,
  expiresAt,
  content: /^de\b/i.test(language ?? '')
    ? {
        subject: 'Neue Adresse bestätigen',
        text: `Diese Adresse soll die eines Kontos bei Postern werden. Bestätigen Sie das hier:\n\n${link}\n\nDer Link gilt einmal, 24 Stunden lang. Wenn Sie das nicht waren, brauchen Sie nichts zu tun.\n`,
      }
    : {
        subject: 'Confirm your new address',
        text: `Somebody wants to use this address for an account of Postern. Confirm it here:\n\n${link}\n\nThe link works once, for 24 hours. If it was not you, do nothing.\n`,
      },
});

/** To the address they have. @param when whether it is asked for, or done. */
export const writeEmailNotice = (person: Named, newEmail: string, when: 'asked' | 'done'): PersonMail => {
  const isGerman = /^de\b/i.test(person.language ?? '');
  const subjects = isGerman
    ? { asked: 'Ihre Adresse soll geändert werden', done: 'Ihre Adresse wurde geändert' }
    : { asked: 'Your address is about to change', done: 'Your address was changed' };
  const says = isGerman
    ? {
        asked: `Das Konto ${person.email} soll die Adresse ${newEmail} bekommen.`,
        done: `Ihr Konto bei Postern hat jetzt die Adresse ${newEmail}.`,
      }
    : {
        asked: `The account ${person.email} is to have the address ${newEmail}.`,
        done: `Your account of Postern now has the address ${newEmail}.`,
      };
  const otherwise = isGerman
    ? 'Wenn Sie das nicht waren, wenden Sie sich an eine Administratorin oder einen Administrator.'
    : 'If it was not you, tell an administrator.';
  return {
    to: person.email,
    language: person.language,
    expiresAt: null,
    content: { subject: subjects[when], text: `${says[when]}\n\n${otherwise}\n` },
  };
};
