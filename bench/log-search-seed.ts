/** A message log as it is after months: written straight into the tables, the same in both databases, the same each time. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Database } from '../server/database/open.ts';
import { openTextIndexStore } from '../server/message-log/text-index.store.ts';
import { openTextIndexWorker } from '../server/message-log/text-index.worker.ts';

type Sqlite = Extract<Database, { kind: 'sqlite' }>;
type Postgres = Extract<Database, { kind: 'postgres' }>;

const dayMs = 86_400_000;

/** Numbers that look random and are the same each time. */
function openRandom(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { below: (end: number) => next() % end, pick: <T>(list: readonly T[]): T => list[next() % list.length] as T };
}

const syllables =
  'ba be bi bo ca ce da de di do fa fe ga ge ha he ka ke la le li lo ma me mi mo na ne ni no pa pe ra re ri ro sa se si so ta te ti to va ve vi vo wa we za ze'.split(
    ' ',
  );
const firstNames =
  'anna ben carla david emma felix gina hugo ines jonas karin lars maria nils olga paul rosa simon tina uwe vera yves'.split(
    ' ',
  );
const kinds = [
  ['invoice', 'Invoice {n} is due on {d}', 'please find the invoice {n} over {a} euro attached, payable until {d}'],
  [
    'order',
    'Your order {n} has been shipped',
    'your order {n} left our house on {d} and should arrive within three days',
  ],
  [
    'reset',
    'Reset your password',
    'somebody asked for a new password, follow the link within one hour or ignore this mail',
  ],
  ['report', 'Weekly report for {c}', 'the figures of {c} for the week of {d}: {a} visits, {n} is the reference'],
  ['reminder', 'Reminder: {n} is past due', 'the invoice {n} is past due since {d}, please pay {a} euro at once'],
  ['invite', '{c} invites you to a project', 'you have been invited to a project of {c}, accept until {d}'],
] as const;
const idDigits = '0123456789abcdefghjkmnpqrstvwxyz';

export interface Seeded {
  /** Of the message in the middle: a rare number, its recipient, its customer. */
  number: string;
  address: string;
  customer: string;
  id: string;
}

/** @param now milliseconds, of the newest message @param days that the log reaches back */
export function seedSqlite(database: Sqlite, count: number, now: number, days = 90): Seeded {
  const random = openRandom(7);
  const words = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 2 + random.below(3) }, () => random.pick(syllables)).join(''),
  );
  const companies = Array.from(
    { length: 5000 },
    () => `${random.pick(words)}${random.pick(['gmbh', 'ltd', 'bv', 'inc'])}`,
  );
  const addressCount = Math.max(100, Math.floor(count * 0.3));
  const addressOf = (at: number) => {
    const own = openRandom(at);
    return `${own.pick(firstNames)}.${own.pick(words)}${at}@${own.pick(companies)}.example`;
  };
  const { sqlite } = database;
  const add = (table: string, columns: string) =>
    sqlite.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.replace(/\w+/g, '?')})`);
  const addMessage = add(
    'message',
    'id, lane, state, settings_id, mail_from, header_from, header_to, subject, message_id, size_bytes, attachment_count, tags, is_secret, holds_uncertain, resent_from, submitted_by, created_at, scheduled_at, expires_at',
  );
  const addRecipient = add('recipient', 'message_id, position, address, kind, state, reply, explanation, updated_at');
  const addContent = add('content', 'message_id, bytes, parts');
  const addQueue = add('queue', 'message_id, lane, settings_id, ready_at, expires_at, attempts, crashes, token');
  const addAttempt = add(
    'attempt',
    'id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply, explanation, transcript',
  );
  const addEvent = add('event', 'message_id, position, type, at, data');
  const settings = [
    'smtp_00000000000000000000000001',
    'smtp_00000000000000000000000002',
    'smtp_00000000000000000000000003',
  ];
  const seeded: Seeded = { number: '', address: '', customer: '', id: '' };

  const addOne = (place: number) => {
    const at = now - Math.floor(((count - place) / count) * days * dayMs);
    const id = `msg_${encodeTime(at)}${Array.from({ length: 16 }, () => idDigits[random.below(32)]).join('')}`;
    const [kind, subjectText, bodyText] = random.pick(kinds);
    const company = random.pick(companies);
    const number = `INV-${100_000 + random.below(9_000_000)}`;
    const address = addressOf(random.below(addressCount));
    const customer = String(random.below(50_000));
    const day = new Date(at + 14 * dayMs).toISOString().slice(0, 10);
    const fill = (text: string) =>
      text.replace(/\{(.)\}/g, (_, key) =>
        key === 'n' ? number : key === 'd' ? day : key === 'c' ? company : String(random.below(100_000) / 100),
      );
    const subject = fill(subjectText);
    const isSecret = kind === 'reset';
    const dice = random.below(1000);
    // A tenth waits, three in a hundred failed; of those with two recipients one got it.
    const state =
      dice < 3
        ? 'held'
        : dice < 30
          ? 'bounced'
          : dice < 33
            ? 'expired'
            : dice < 34
              ? 'uncertain'
              : dice < 40
                ? 'cancelled'
                : dice < 140
                  ? dice < 60
                    ? 'deferred'
                    : 'queued'
                  : 'sent';
    const more = Array.from({ length: 40 + random.below(60) }, () => random.pick(words)).join(' ');
    const from = `${company} <${kind}@${company}.example>`;
    const messageId = `<${id.slice(4)}@postern.example>`;
    const source = Buffer.from(
      `From: ${from}\r\nTo: <${address}>\r\nSubject: ${subject}\r\nMessage-ID: ${messageId}\r\nDate: ${new Date(at).toUTCString()}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHello,\r\n${fill(bodyText)}\r\n${more}\r\nRegards\r\n${company}\r\n`,
    );
    const tags = [
      ['kind', kind],
      ['customer', customer],
      ['system', `system-${random.below(12)}`],
      ['template', `${kind}-${random.below(5)}`],
    ].map(([name, value]) => ({ name, value }));
    const settingsId = random.below(10) === 0 ? random.pick(settings) : null;
    addMessage.run(
      id,
      1,
      state,
      settingsId,
      `${kind}@${company}.example`,
      from,
      address,
      subject,
      messageId,
      source.length,
      random.below(20) === 0 ? 1 : 0,
      JSON.stringify(tags),
      isSecret ? 1 : 0,
      0,
      null,
      'api key shop',
      at,
      null,
      at + 5 * dayMs,
    );
    addRecipient.run(id, 0, address, 'to', state, '', state === 'bounced' ? `No such mailbox.` : '', at);
    if (random.below(50) === 0)
      addRecipient.run(
        id,
        1,
        addressOf(random.below(addressCount)),
        'cc',
        state === 'held' ? 'bounced' : 'sent',
        '',
        '',
        at,
      );
    addContent.run(id, source, null);
    const isWaiting = state === 'queued' || state === 'deferred' || state === 'uncertain';
    const went = settingsId ?? settings[0];
    if (isWaiting)
      addQueue.run(
        id,
        1,
        settingsId ?? '',
        now + (state === 'queued' ? -1 : 1) * random.below(3_600_000),
        now + 5 * dayMs,
        state === 'queued' ? 0 : 1,
        0,
        0,
      );
    if (state !== 'queued' && state !== 'cancelled')
      addAttempt.run(`try_${id.slice(4)}`, id, 1, went, 'Office', at, at + 100, state, 'dot', '250 ok', '', null);
    addEvent.run(id, null, 'queued', at, '{}');
    if (state !== 'queued') addEvent.run(id, 0, state, at + 100, '{}');
    if (place === Math.floor(count / 2)) Object.assign(seeded, { number: '', address, customer, id });
    if (place >= count / 2 && seeded.number === '' && kind === 'reminder') seeded.number = number;
  };
  const step = sqlite.transaction((from: number, to: number) => {
    for (let place = from; place < to; place += 1) addOne(place);
  });
  for (const [at, id] of settings.entries()) addSettings(database, id, `Office ${at}`, at === 0);
  for (let from = 0; from < count; from += 20_000) step(from, Math.min(count, from + 20_000));
  return seeded;
}

function addSettings({ sqlite }: Sqlite, id: string, name: string, isDefault: boolean): void {
  const given: Record<string, unknown> = {
    id,
    name,
    name_key: name.toLowerCase(),
    is_default: isDefault ? 1 : 0,
    port: 25,
    host: 'mail.example',
  };
  const columns = sqlite
    .prepare<[], { name: string; type: string; notnull: number }>(
      'SELECT name, type, "notnull" FROM pragma_table_info(\'smtp_settings\')',
    )
    .all();
  const values = columns.map(
    (column) => given[column.name] ?? (column.notnull ? (column.type === 'TEXT' ? '' : 0) : null),
  );
  sqlite
    .prepare(`INSERT INTO smtp_settings (${columns.map((column) => column.name)}) VALUES (${columns.map(() => '?')})`)
    .run(...values);
}

function encodeTime(at: number): string {
  let text = '';
  for (let rest = at, place = 0; place < 10; place += 1) {
    text = idDigits[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** As the worker would in its hours, without its rests. @returns milliseconds of work for a message */
export async function fillTextIndex(database: Database, count: number): Promise<number> {
  const throwIt = (error: unknown) => {
    throw error;
  };
  const store = openTextIndexStore(database);
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const worker = openTextIndexWorker({ store, clock, onError: throwIt });
  const startedAt = performance.now();
  while (await worker.step());
  return (performance.now() - startedAt) / count;
}

const copied = [
  'smtp_settings',
  'message',
  'recipient',
  'content',
  'queue',
  'attempt',
  'event',
  'search_segment',
  'search_page',
];

/** Everything that was seeded, and its index. */
export async function copyToPostgres(from: Sqlite, to: Postgres): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'postern-seed-'));
  await chmod(folder, 0o755);
  for (const table of copied) {
    const file = path.join(folder, table);
    const columns = from.sqlite.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
    const out = createWriteStream(file, { mode: 0o644, highWaterMark: 1 << 20 });
    let lines = '';
    for (const row of from.sqlite.prepare<[], unknown[]>(`SELECT ${columns} FROM ${table}`).raw().iterate()) {
      lines += `${row.map(toCopyText).join('\t')}\n`;
      if (lines.length < 1 << 20) continue;
      if (!out.write(lines)) await once(out, 'drain');
      lines = '';
    }
    await new Promise<void>((resolve) => out.end(lines, () => resolve()));
    await to.pool.query(`COPY ${table} (${columns}) FROM '${file}'`);
    await rm(file);
  }
  await rm(folder, { recursive: true });
  await to.pool.query('ANALYZE');
}

function toCopyText(value: unknown): string {
  if (value === null) return '\\N';
  if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString('hex')}`;
  return String(value).replace(
    /[\\\t\n\r]/g,
    (sign) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[sign] ?? sign,
  );
}
