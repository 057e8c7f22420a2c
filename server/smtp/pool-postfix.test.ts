/** A pool against Debian's Postfix: in flights, with BDAT and one command at a time, every message arrives once and whole. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loopbackTarget } from '../../test/fake-smarthost.ts';
import { hasPostfix, type Postfix, startPostfix } from '../../test/support/postfix.ts';
import { createPool, type PoolOptions } from './pool.client.ts';
import { emptyHabits } from './server-habits.ts';

describe.skipIf(!hasPostfix)('a pool and Postfix', () => {
  let postfix: Postfix;
  let expected = 0;
  beforeAll(async () => {
    postfix = await startPostfix();
  });
  afterAll(() => postfix?.stop());

  const targetOf = () =>
    loopbackTarget(postfix.submissionPort, {
      encryption: 'starttls',
      certificate: { check: 'ca', pem: postfix.certificatePem },
      credentials: { username: postfix.username, password: postfix.password },
    });
  // Lines that begin with a dot, a last line without end, letters outside ASCII, and a body of several blocks.
  const bodyOf = (id: string) => {
    const lines = ['.', '..', '.a', 'ü', ''].map((text) => `${text}\r\n`).join('');
    const filler = id.endsWith('3') ? `${'x'.repeat(76)}\r\n`.repeat(3000) : '';
    return `From: a@example.com\r\nSubject: ${id}\r\nX-Id: ${id}\r\n\r\n${lines}${filler}end of ${id}`;
  };

  const ways: [string, PoolOptions, RegExp[]][] = [
    ['with BDAT', {}, [/^BDAT 0$/, /^BDAT \d+ LAST$/]],
    ['in flights', { habits: { ...emptyHabits(), hasBrokenChunking: true } }, [/^DATA$/]],
    ['one command at a time', { habits: { ...emptyHabits(), hasBrokenPipelining: true } }, [/^DATA$/]],
  ];
  it.each(ways)('%s', async (way, options, said) => {
    const pool = createPool(targetOf(), { maxConnections: 2, maxMessagesPerConnection: 6, ...options });
    const shown: string[] = [];
    const observer = { onLine: (from: string, text: string) => void (from === 'client' && shown.push(text)) };
    const ids = Array.from({ length: 15 }, (_, place) => `${way.replaceAll(' ', '-')}-${place}`);
    const outcomes = await Promise.all(
      ids.map((id, place) =>
        pool.send({
          mailFrom: 'a@example.com',
          recipients: ['b@example.net', 'c@example.net'],
          data: Buffer.from(bodyOf(id)),
          dsn: { envelopeId: id, notify: ['failure'], returned: 'headers', namesRecipient: true },
          ...(place === 0 ? { observer } : {}),
        }),
      ),
    );
    // A second one on a connection that has shown what it can.
    expected += 2 * (ids.length + 1);
    const last = {
      mailFrom: 'a@example.com',
      recipients: ['b@example.net', 'c@example.net'],
      data: Buffer.from(bodyOf('last')),
    };
    const { outcome } = await pool.send({ ...last, observer });
    await pool.drain();
    expect([...outcomes.map((one) => one.outcome), outcome].filter(({ sent }) => !sent)).toEqual([]);
    for (const line of said)
      expect(
        shown.some((text) => line.test(text)),
        String(line),
      ).toBe(true);
    expect(pool.habits.hasBrokenPipelining).toBe(options.habits?.hasBrokenPipelining ?? false);

    const arrived = await postfix.waitForMessages(expected);
    for (const id of ids) {
      const copies = arrived.filter((text) => text.includes(`\nX-Id: ${id}\n`));
      expect(copies).toHaveLength(2);
      const wanted = bodyOf(id).replaceAll('\r\n', '\n').split('\n\n').slice(1).join('\n\n');
      for (const copy of copies) expect(copy.split('\n\n').slice(1).join('\n\n')).toBe(`${wanted}\n`);
    }
  });
});
