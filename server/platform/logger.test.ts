import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { openLogger } from './logger.ts';

const canary = 'Kanarienvogel-7Yq9-gelb';
const gather = (isTerminal: boolean) => {
  const lines: string[] = [];
  const logger = openLogger('trace', isTerminal, { write: (text) => lines.push(text) });
  return { logger, read: () => lines.join('') };
};

describe.each(databases)('an error of $kind in the log', ({ open }) => {
  it('says what was in the way, and nothing of the row that was refused', async () => {
    const database = await open();
    const { logger, read } = gather(false);
    const attempt = sql`insert into person (id, name, email, email_key, role, state, password_hash, password_set_at,
      created_at, updated_at) values ('user_1', null, ${canary}, ${canary}, 'viewer', 'active', ${canary}, 1, 1, 1)`;
    await attempt.execute(database.query).catch((error: unknown) => logger.error({ err: error, error }, 'bug'));
    await database.close();
    expect(read()).toContain('bug');
    expect(read()).toMatch(/not.null/i);
    expect(read()).toContain('logger.test.ts');
    expect(read()).not.toContain(canary);
  });
});

describe('a log line', () => {
  it('keeps of an error a few named fields, and of its causes the same', () => {
    const { logger, read } = gather(false);
    const cause = Object.assign(new Error('inner'), { code: 'EIO', parameters: [canary], detail: canary });
    const error = Object.assign(new TypeError('outer', { cause }), { statusCode: 500, request: { body: canary } });
    logger.error({ err: error }, 'bug');
    expect(JSON.parse(read())).toMatchObject({
      msg: 'bug',
      err: { type: 'TypeError', message: 'outer', statusCode: 500, cause: { message: 'inner', code: 'EIO' } },
    });
    expect(read()).not.toContain(canary);
    logger.error({ err: { password: canary } }, 'thrown by somebody else');
    expect(read()).not.toContain(canary);
  });

  it.each([false, true])('stays one line whatever it says, and commands no terminal (terminal: %s)', (isTerminal) => {
    const { logger, read } = gather(isTerminal);
    const hostile = 'x\r\n12:00:00 forged \u001b[2J\u001b]0;title\u0007 \u009b31m \u0085 \u2028 \u007f';
    logger.warn({ why: hostile }, hostile);
    expect(read().split('\n')).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(read().trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
    if (!isTerminal) expect(JSON.parse(read())).toMatchObject({ msg: hostile, why: hostile });
  });

  it('shows a stack as lines on a terminal, without what an error hides in its words', () => {
    const { logger, read } = gather(true);
    logger.error({ err: new Error('bad \u001b[31m words') }, 'bug');
    expect(read().split('\n').length).toBeGreaterThan(3);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(read()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});
