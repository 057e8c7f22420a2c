/** Faults as the composer names them, and as the caller of the API knows the fields. */
import type { FieldProblem } from '../../contracts/problem.ts';
import { MailValueError } from '../mime/mail-value.ts';

const renamed: Record<string, string> = { replyTo: 'reply_to', contentType: 'content_type', contentId: 'content_id' };

/** What `work` gives, or what it found wrong with a field. Everything else that it throws is a bug and stays thrown. */
export const catchFault = <T>(work: () => T): { ok: true; value: T } | { ok: false; fault: MailValueError } => {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof MailValueError) return { ok: false, fault: error };
    throw error;
  }
};

/** @param headers names of the caller's header fields, in order: the composer counts them, the caller names them. */
export const toFieldProblem = ({ field, fault, repair }: MailValueError, headers: readonly string[]): FieldProblem => {
  const [first = '', place = '', ...rest] = field.split('.');
  const path =
    first === 'headers'
      ? [first, headers[Number(place)] ?? place]
      : [first, place, ...rest].filter((part) => part !== '');
  return {
    // `to.0.address` is `to.0` for the caller, who gave name and address as one text.
    path: path
      .filter((part, at) => at === 0 || !(isMailbox(first) && /^(address|name)$/.test(part)))
      .map((part) => renamed[part] ?? part)
      .join('.'),
    code: fault === 'missing' ? 'required' : fault.replaceAll('-', '_'),
    message: `${repair.charAt(0).toUpperCase()}${repair.slice(1)}.`,
  };
};

const isMailbox = (field: string) => /^(from|to|cc|bcc|replyTo)$/.test(field);
