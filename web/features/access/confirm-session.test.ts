import { describe, expect, it } from 'vitest';
import { ProblemError } from '../../lib/call.ts';
import { confirmSession, SessionNotKeptError } from './confirm-session.ts';

const refuse = (statusCode: number) => async () => {
  throw new ProblemError({ statusCode, name: 'missing_api_key', message: 'Sign in.', fields: [] });
};
const plain = { protocol: 'http:', host: '192.0.2.7:2580' } as Location;

describe('after a sign-in', () => {
  it('says under which address to open Postern when the session was not kept over http', async () => {
    const lost = confirmSession(refuse(401), plain);
    await expect(lost).rejects.toThrow(SessionNotKeptError);
    await expect(lost).rejects.toThrow(/https:\/\/.*192\.0\.2\.7:2580.*public address/);
  });

  it('says that cookies are blocked when the session was not kept over https', async () => {
    const place = { protocol: 'https:', host: 'mail.example.com' } as Location;
    await expect(confirmSession(refuse(401), place)).rejects.toThrow(/Cookies are blocked for mail\.example\.com/);
  });

  it('hands on any other refusal as it is', async () => {
    await expect(confirmSession(refuse(503), plain)).rejects.toThrow('Sign in.');
  });
});
