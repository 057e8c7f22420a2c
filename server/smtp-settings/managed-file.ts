/**
 * SMTP settings as code: `smtp-settings.json` in the data folder, read at each start. What it names is written to the
 * database and cannot be changed on the screen; what it no longer names stays, and can be changed again.
 * Form: a list of the objects that POST /api/v1/smtp-settings takes; instead of `password`, `passwordFile` may name a file.
 */
import { z } from 'zod';
import { SmtpSettingsInput } from '../../contracts/smtp-settings.ts';
import { describeIssue } from '../platform/field-words.ts';
import { checkCa } from './ca-certificate.ts';
import { checkTogether, foldText, type SmtpSettingsFields } from './smtp-settings.ts';

const Entries = z.array(SmtpSettingsInput.extend({ passwordFile: z.string().optional() }));

export interface ManagedSettings {
  fields: SmtpSettingsFields;
  password: string | null;
}

export type ManagedFile = { ok: true; settings: ManagedSettings[] } | { ok: false; faults: string[] };

/**
 * @param readSecret reads a password file; null when it cannot.
 * @returns every fault at once, one line each, none repeating a password.
 */
export const parseManagedFile = (text: string, readSecret: (file: string) => string | null): ManagedFile => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, faults: ['smtp-settings.json: not JSON; look for a missing quote or comma'] };
  }
  const parsed = Entries.safeParse(json, { error: describeIssue });
  if (!parsed.success) {
    return { ok: false, faults: parsed.error.issues.map((issue) => faultLine(issue.path, issue.message)) };
  }
  const faults: string[] = [];
  const names = new Set<string>();
  const settings = parsed.data.map(({ password, passwordFile, ...fields }, index) => {
    let secret = password || null;
    if (passwordFile !== undefined) {
      secret = readSecret(passwordFile);
      if (secret === '') faults.push(faultLine([index, 'passwordFile'], `${passwordFile} is empty`));
      if (secret === null) faults.push(faultLine([index, 'passwordFile'], `cannot read ${passwordFile}`));
      if (password !== undefined) faults.push(faultLine([index, 'password'], 'given twice; keep passwordFile'));
    }
    for (const { path, message } of [...checkTogether(fields, secret !== null), ...checkCa(fields)])
      faults.push(faultLine([index, path], message));
    if (names.has(foldText(fields.name))) faults.push(faultLine([index, 'name'], `"${fields.name}" is there twice`));
    names.add(foldText(fields.name));
    return { fields, password: secret };
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, settings };
};

/** `smtp-settings.json: entry 2, port: …` */
const faultLine = ([index, ...path]: PropertyKey[], message: string): string => {
  const where =
    typeof index === 'number' ? `entry ${index + 1}${path.length ? `, ${path.map(String).join('.')}` : ''}: ` : '';
  return `smtp-settings.json: ${where}${message}`;
};
