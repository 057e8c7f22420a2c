/**
 * What a server says it takes (SIZE) is remembered by the first mail that goes to it, and from then on refuses what is
 * larger before it is accepted: by the API, in the preview of an invoice, and in the check of a billing run.
 */
import { afterEach, describe, expect, it } from 'vitest';
import yazl from 'yazl';
import type { Account } from '../contracts/account.ts';
import type { BillingItem, BillingRun } from '../contracts/billing-run.ts';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { startFakeSmarthost } from './fake-smarthost.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { databases } from './support/databases.ts';
import { administratorEnv, type Program, startProgram } from './support/program.ts';

const limit = 200_000;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const pdfOf = (octets: number) => Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(octets - 9, 'x')]);
const zipOf = async (entries: Record<string, string | Buffer>): Promise<Buffer> => {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

describe.each(databases)('a server that takes messages of a certain size, on $kind', ({ create }) => {
  it('refuses larger ones before they are accepted, once one was sent to it', async () => {
    const { address, remove } = await create();
    const server = await startFakeSmarthost({ capabilities: [`SIZE ${limit}`, '8BITMIME'] });
    const program = await startProgram({ database: address, env: administratorEnv });
    cleanUps.push(
      () => remove(),
      () => program.remove(),
      () => server.close(),
      () => program.stop(),
    );
    const api = await signIn(program.url);
    const made = await api.call<SmtpSettings>('POST', '/api/v1/smtp-settings', {
      ...{ name: 'Relay', host: '127.0.0.1', port: server.port, security: 'none', fromEmail: 'hub@example.com' },
    });
    expect(made.body).toMatchObject({ serverSeenAt: null, sizeLimitBytes: null });
    const path = `/api/v1/smtp-settings/${made.body.id}`;
    const email = (octets: number) => ({
      ...{ to: 'ann@example.com', subject: 'Files', text: 'Here they are.' },
      attachments: [{ filename: 'a.pdf', content: pdfOf(octets).toString('base64') }],
    });
    // Nothing is known yet: it is accepted, whatever its size.
    expect((await api.call('POST', '/api/v1/emails', email(1000))).status).toBe(200);
    const seen = async () => (await api.call<SmtpSettings>('GET', path)).body;
    await expect.poll(seen, { timeout: 10_000 }).toMatchObject({ sizeLimitBytes: limit, version: 1 });
    expect((await seen()).serverSeenAt).not.toBeNull();

    await expect
      .poll(async () => (await api.call('POST', '/api/v1/emails', email(150_000))).status, { timeout: 5000 })
      .toBe(413);
    const refused = await api.call('POST', '/api/v1/emails', email(150_000));
    expect(refused.body).toMatchObject({ name: 'payload_too_large', fields: [{ path: 'attachments' }] });
    expect(refused.body.message).toMatch(/206 KB.*"Relay" takes at most 200 KB/);
    expect((await api.call('POST', '/api/v1/emails', email(100_000))).status).toBe(200);

    await refusesInvoices(api);
    await namesBadRows(program, api);
    // The server is repaired, and a test shows it.
    await server.close();
    const larger = await startFakeSmarthost({ capabilities: ['SIZE 35000000'] });
    cleanUps.push(() => larger.close());
    await api.call('PATCH', path, { port: larger.port });
    expect(await seen()).toMatchObject({ serverSeenAt: null, sizeLimitBytes: null });
    expect((await api.call(`POST`, `${path}/test`, {})).body).toMatchObject({ ok: true });
    await expect.poll(seen).toMatchObject({ sizeLimitBytes: 35_000_000 });
    expect((await api.call('POST', '/api/v1/emails', email(150_000))).status).toBe(200);
  }, 60_000);
});

const invoice = { number: 'R-1', issued_on: '2026-11-22', due_on: '2026-12-06', total: '10.00' };

async function refusesInvoices(api: ApiClient): Promise<void> {
  const account = await api.call<Account>('POST', '/api/v1/accounts', {
    ...{ number: 'K-1', name: 'Company', currency: 'EUR' },
    contacts: [{ address: 'bea@example.com', kinds: ['billing'] }],
  });
  expect(account.status, JSON.stringify(account.body)).toBe(201);
  const pdf = pdfOf(150_000).toString('base64');
  for (const way of ['/preview', '']) {
    const { status, body } = await api.call('POST', `/api/v1/accounts/K-1/invoices${way}`, { ...invoice, pdf });
    expect([way, status, body]).toMatchObject([way, 413, { fields: [{ path: 'pdf', code: 'too_large' }] }]);
    expect(body.message).toContain('"Relay" takes at most 200 KB');
  }
  // Nothing of it was kept.
  expect((await api.call('GET', '/api/v1/invoices')).body.data).toEqual([]);
  const small = { ...invoice, pdf: pdfOf(1000).toString('base64') };
  expect((await api.call('POST', '/api/v1/accounts/K-1/invoices/preview', small)).status).toBe(200);
}

async function namesBadRows(program: Program, api: ApiClient & { cookie: string }): Promise<void> {
  const rows = ['R-2,small.pdf', 'R-3,large.pdf'].map((row) => `K-1,${row},2026-11-22,2026-12-06,10.00,EUR\n`);
  const zip = await zipOf({
    'invoices.csv': `account,number,pdf,issued_on,due_on,total,currency\n${rows.join('')}`,
    'small.pdf': pdfOf(1000),
    'large.pdf': pdfOf(150_000),
  });
  const reply = await fetch(`${program.url}/api/v1/billing-runs?file_name=november.zip`, {
    method: 'POST',
    headers: { cookie: api.cookie, 'x-postern': '1', 'content-type': 'application/octet-stream' },
    body: new Uint8Array(zip),
  });
  const { id, options } = (await reply.json()) as BillingRun;
  const path = `/api/v1/billing-runs/${id}`;
  expect((await api.call('POST', `${path}/check`, options)).status).toBe(200);
  await expect
    .poll(async () => (await api.call<BillingRun>('GET', path)).body.state, { timeout: 10_000 })
    .toBe('checked');
  const { body } = await api.call<{ data: BillingItem[] }>('GET', `${path}/invoices`);
  expect(body.data.map(({ number, state, problems }) => [number, state, problems.map(({ code }) => code)])).toEqual([
    ['R-2', 'ready', []],
    ['R-3', 'faulty', ['too_large']],
  ]);
  expect(body.data[1]?.problems[0]?.message).toMatch(/^Line 3: large.pdf: .*"Relay" takes at most 200 KB/);
}
