/** Talks to a running program as the pages do: signed in by cookie, with the header that proves the request is ours. */
import { administrator } from './program.ts';

export interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
}

export interface ApiClient {
  call: <T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer<T>>;
}

/** @param base the program's address @param secret a session cookie, or `Bearer …` */
export function openApiClient(base: string, secret: { cookie?: string; authorization?: string } = {}): ApiClient {
  return {
    call: async <T>(method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
      const headers = {
        ...(secret.cookie && { cookie: secret.cookie, 'x-postern': '1' }),
        ...(secret.authorization && { authorization: secret.authorization }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...more,
      };
      const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
      const response = await fetch(base + path, init);
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
    },
  };
}

/** @throws when sign-in is refused. */
export async function signIn(base: string, person = administrator): Promise<ApiClient & { cookie: string }> {
  const { email, password } = person;
  const answer = await openApiClient(base).call('POST', '/api/v1/sign-in', { email, password }, { 'x-postern': '1' });
  const cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0];
  if (answer.status !== 200 || !cookie) throw new Error(`sign-in: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { ...openApiClient(base, { cookie }), cookie };
}
