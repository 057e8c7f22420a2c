/** `If-Match` with a version (RFC 9110 §13.1.1): a change that is refused where somebody saved in between. */
import type { FastifyRequest } from 'fastify';
import { refuseField } from './refusal.ts';

/** Null: no condition (absent, or `*`). @throws Refusal 422 */
export const readIfMatch = (request: FastifyRequest): number | null => {
  const text = request.headers['if-match'];
  if (text === undefined || text.trim() === '*') return null;
  const version = /^(?:W\/)?"?(\d{1,15})"?$/.exec(text.trim())?.[1];
  if (!version) throw refuseField('If-Match', 'invalid', 'If-Match: give the version in quotes, such as "3".');
  return Number(version);
};
