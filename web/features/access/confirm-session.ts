/**
 * After a sign-in that the server accepted: asks whether the browser kept the session. It does not where Postern has an
 * https:// address and was opened over http:// (the cookie is for HTTPS only), or where cookies are blocked.
 */
import { type Me, readMe } from '../../../contracts/access.ts';
import { call, ProblemError } from '../../lib/call.ts';

/** `message` says what to do, for the person at this browser. */
export class SessionNotKeptError extends Error {
  constructor(place: Pick<Location, 'protocol' | 'host'>) {
    super(
      place.protocol === 'https:'
        ? `Cookies are blocked for ${place.host}: allow them, then sign in again.`
        : `Postern has a public address that begins with https://, and its session is kept there only, not at http://${place.host}. Open Postern under its public address (POSTERN_PUBLIC_URL), or allow cookies if they are blocked here.`,
    );
    this.name = 'SessionNotKeptError';
  }
}

/** @returns who is signed in. @throws SessionNotKeptError when the very next request is not. */
export async function confirmSession(read: () => Promise<Me> = () => call(readMe), place = location): Promise<Me> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProblemError && error.problem.statusCode === 401) throw new SessionNotKeptError(place);
    throw error;
  }
}
