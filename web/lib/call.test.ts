import { afterEach, describe, expect, it, vi } from 'vitest';
import { readMe, signIn } from '../../contracts/access.ts';
import { type LadderEvent, testSmtpSettings } from '../../contracts/diagnosis.ts';
import { listSandboxMessages, readSandboxAttachment } from '../../contracts/sandbox.ts';
import { deleteSmtpSettings, listSmtpSettings } from '../../contracts/smtp-settings.ts';
import { call, onSignedOut, ProblemError, stream, UnreachableError, urlOf } from './call.ts';

const id = 'smtp_01234567890123456789012345';

function answer(response: Response | Error) {
  const fetch = vi.fn(async (_url: string, _init: RequestInit) => {
    if (response instanceof Error) throw response;
    return response;
  });
  vi.stubGlobal('fetch', fetch);
  return fetch;
}

const problem = (statusCode: number, name: string, fields: unknown[] = []) =>
  Response.json({ statusCode, name, message: 'No.', fields }, { status: statusCode, headers: { 'retry-after': '7' } });

afterEach(() => {
  vi.unstubAllGlobals();
  onSignedOut(() => {});
});

describe('the address of an endpoint', () => {
  it('has its parameters filled in and what is given of the query', () => {
    expect(urlOf(readSandboxAttachment, { params: { id: 'a/b?c', index: 0 } })).toBe(
      '/api/v1/sandbox/messages/a%2Fb%3Fc/attachments/0',
    );
    expect(urlOf(listSandboxMessages, { query: { filter: 'ü&=', cursor: undefined, limit: 5 } })).toBe(
      '/api/v1/sandbox/messages?filter=%C3%BC%26%3D&limit=5',
    );
  });

  it('is refused without one of its parameters', () => {
    expect(() => urlOf(deleteSmtpSettings)).toThrow('needs the parameter id');
  });
});

describe('a call', () => {
  it('sends JSON with the header that other sites cannot set', async () => {
    const fetch = answer(Response.json({ id: '1' }));
    expect(await call(signIn, { body: { email: 'a', password: 'b' } })).toEqual({ id: '1' });
    const [url, init] = fetch.mock.calls[0] ?? [];
    expect(url).toBe('/api/v1/sign-in');
    expect(init).toMatchObject({ method: 'POST', credentials: 'same-origin', body: '{"email":"a","password":"b"}' });
    expect(init?.headers).toMatchObject({ 'x-postern': '1', 'content-type': 'application/json' });
  });

  it('gives nothing for 204', async () => {
    answer(new Response(null, { status: 204 }));
    expect(await call(deleteSmtpSettings, { params: { id } })).toBeUndefined();
  });

  it('throws the problem, with its fields and the seconds to wait', async () => {
    answer(problem(429, 'rate_limit_exceeded', [{ path: 'name', code: 'taken', message: 'Taken.' }]));
    const error = await call(listSmtpSettings).catch((thrown: unknown) => thrown);
    if (!(error instanceof ProblemError)) return expect.unreachable();
    expect(error.retryAfterSeconds).toBe(7);
    expect(error.fieldMessage('name')).toBe('Taken.');
    expect(error.fieldMessage('host')).toBeUndefined();
  });

  it("makes a problem of a proxy's error page", async () => {
    answer(new Response('<h1>Bad Gateway</h1>', { status: 502, statusText: 'Bad Gateway' }));
    await expect(call(listSmtpSettings)).rejects.toMatchObject({ problem: { statusCode: 502, fields: [] } });
  });

  it('says that nothing answers, but lets a cancelled call be', async () => {
    answer(new TypeError('fetch failed'));
    await expect(call(listSmtpSettings)).rejects.toBeInstanceOf(UnreachableError);
    answer(new DOMException('cancelled', 'AbortError'));
    await expect(call(listSmtpSettings)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('tells of a lost sign-in, but not when signing in or asking who one is', async () => {
    const lost = vi.fn();
    onSignedOut(lost);
    for (const tried of [() => call(signIn, { body: { email: 'a', password: 'b' } }), () => call(readMe)]) {
      answer(problem(401, 'invalid_credentials'));
      await tried().catch(() => {});
    }
    expect(lost).not.toHaveBeenCalled();
    answer(problem(401, 'missing_api_key'));
    await call(listSmtpSettings).catch(() => {});
    expect(lost).toHaveBeenCalledOnce();
  });
});

describe('a stream', () => {
  const read = async () => {
    const events: LadderEvent[] = [];
    await stream(testSmtpSettings, { params: { id }, body: {} }, (event: LadderEvent) => events.push(event));
    return events;
  };

  it('hands over each event, though its bytes come in pieces', async () => {
    const bytes = new TextEncoder().encode(
      'event: step\ndata: {"detail":"größe"}\n\nevent: result\ndata: {"ok":true}\n\n',
    );
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const fetch = answer(new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } }));
    expect(await read()).toEqual([
      { event: 'step', data: { detail: 'größe' } },
      { event: 'result', data: { ok: true } },
    ]);
    expect(fetch.mock.calls[0]?.[1].headers).toMatchObject({ accept: 'text/event-stream' });
  });

  it('takes plain JSON as the result', async () => {
    answer(Response.json({ ok: false }));
    expect(await read()).toEqual([{ event: 'result', data: { ok: false } }]);
  });
});
