/**
 * The rules of the SMTP Settings screen that need no database.
 *
 * A stored password is lent only to the server it was given for: whoever changes the host, or turns encryption off, must
 * give it again, or an account with few rights could point the settings at a listener of its own and read it there.
 * A changed port is the same server. No user name means no authentication, and then no password is kept either.
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

/** Why the stored password may not be used with the changed fields; null when it may. */
export const whyPasswordIsNeededAgain = (
  before: SmtpSettingsFields,
  after: SmtpSettingsFields,
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
  return null;
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
