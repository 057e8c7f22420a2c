/**
 * The rules of the SMTP Settings screen that need no database.
 *
 * A stored password is lent only to the server it was given for: whoever changes the host, or turns encryption off, must
 * give it again, or could point the settings at a listener of its own and read it there; so must whoever lets another
 * certificate stand for the server, unless a test has just shown it. A changed port is the same server, for those who may
 * change settings; those who may only test them get the password lent to the server as it is saved. No user name means no authentication, and then no password is kept either.
 */

import type { FieldProblem } from '../../contracts/problem.ts';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';

export type SmtpSettingsFields = Pick<
  SmtpSettings,
  | 'name'
  | 'starttlsOnly'
  | 'security'
  | 'host'
  | 'port'
  | 'fromName'
  | 'fromEmail'
  | 'replyTo'
  | 'username'
  | 'certificateCheck'
  | 'certificateFingerprint'
  | 'caCertificate'
  | 'tlsMinimum'
  | 'authMethod'
  | 'ehloName'
  | 'connectTimeoutSeconds'
  | 'replyTimeoutSeconds'
>;

export const smtpSettingsFieldNames = [
  'name',
  'starttlsOnly',
  'security',
  'host',
  'port',
  'fromName',
  'fromEmail',
  'replyTo',
  'username',
  'certificateCheck',
  'certificateFingerprint',
  'caCertificate',
  'tlsMinimum',
  'authMethod',
  'ehloName',
  'connectTimeoutSeconds',
  'replyTimeoutSeconds',
] as const satisfies (keyof SmtpSettingsFields)[];

/** What encryption the settings insist on; Security is looked at only while STARTTLS Only is off. */
export const chosenEncryption = (fields: Pick<SmtpSettingsFields, 'starttlsOnly' | 'security'>) =>
  fields.starttlsOnly ? 'starttls' : fields.security;

/** For comparison and search: the same whatever the case or the Unicode form. */
export const foldText = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

export const searchTextOf = (fields: SmtpSettingsFields): string =>
  foldText([fields.name, fields.host, fields.fromName, fields.fromEmail, fields.replyTo, fields.username].join('\n'));

const sameHost = (a: string, b: string) => foldText(a).replace(/\.$/, '') === foldText(b).replace(/\.$/, '');

/** Who asks to lend the stored password, and what they were shown. */
export interface Lending {
  /** False: this caller may test settings but not change them, and gets the password lent only to the server as it is saved. */
  mayChange: boolean;
  /** Whether a test of these very settings has just shown this certificate (SHA-256), so that trusting it was meant. */
  wasShown: (fingerprint: string) => boolean;
}

/** Why the stored password may not be used with the changed fields; null when it may. */
export const whyPasswordIsNeededAgain = (
  before: SmtpSettingsFields,
  after: SmtpSettingsFields,
  lending: Lending,
): FieldProblem | null => {
  if (after.username === '') return null;
  const ask = (reason: string): FieldProblem => ({
    path: 'password',
    code: 'password_required',
    message: `${reason}, so the saved password is not used: type it again.`,
  });
  if (!sameHost(before.host, after.host)) return ask('The server host name changed');
  const [from, to] = [chosenEncryption(before), chosenEncryption(after)];
  if (to === 'none' && from !== 'none') return ask('The connection is no longer encrypted');
  if (trustsAnother(before, after, lending)) return ask('Another certificate is trusted');
  const isAsSaved = from === to && where.every((name) => before[name] === after[name]);
  return lending.mayChange || isAsSaved ? null : ask('You may test these settings only as they are saved');
};

/** Together with host and encryption: all that decides who gets to read the password. */
const where = [
  'port',
  'username',
  'certificateCheck',
  'certificateFingerprint',
  'caCertificate',
  'tlsMinimum',
  'authMethod',
] as const;

/** Back to the public authorities is no step down: nobody can have their certificate for this name at will. */
const trustsAnother = (before: SmtpSettingsFields, after: SmtpSettingsFields, { wasShown }: Lending): boolean => {
  if (after.certificateCheck === 'verify') return false;
  const isSameCheck = before.certificateCheck === after.certificateCheck;
  if (after.certificateCheck === 'ca') return !isSameCheck || before.caCertificate !== after.caCertificate;
  const isSamePin = isSameCheck && before.certificateFingerprint === after.certificateFingerprint;
  return !isSamePin && !wasShown(after.certificateFingerprint);
};

/** What each field alone cannot tell. @param password what is given now, or whether one is stored. */
export const checkTogether = (fields: SmtpSettingsFields, givesPassword: boolean): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  if (givesPassword && fields.username === '') {
    problems.push({
      path: 'username',
      code: 'required',
      message: 'Give the user name that goes with the password, or leave the password empty for no authentication.',
    });
  }
  if (fields.certificateCheck === 'fingerprint' && fields.certificateFingerprint === '') {
    problems.push({
      path: 'certificateFingerprint',
      code: 'required',
      message: 'Give the fingerprint of the certificate to trust; a test shows it.',
    });
  }
  if (fields.certificateCheck === 'ca' && fields.caCertificate === '') {
    problems.push({ path: 'caCertificate', code: 'required', message: 'Paste the certificate of your own CA.' });
  }
  return problems;
};

/** The fields as they will be; what is not given stays. */
export const mergeFields = (
  before: SmtpSettingsFields,
  changes: { [K in keyof SmtpSettingsFields]?: SmtpSettingsFields[K] | undefined },
) => {
  const fields: Record<string, unknown> = {};
  for (const name of smtpSettingsFieldNames) fields[name] = changes[name] ?? before[name];
  return fields as unknown as SmtpSettingsFields;
};
