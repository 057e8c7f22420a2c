import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNewPassword } from './read-new-password.ts';
import { type Terminal, UsageError } from './terminal.ts';

const ada = { name: 'Ada', email: 'ada@example.com' };
const good = 'canary battery staple';

describe('reading a new password', () => {
  let folder: string;
  let said: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'postern-cli-'));
    said = '';
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const pipe = (text: string): Terminal => {
    const [input, output, notes] = [new PassThrough(), new PassThrough(), new PassThrough()];
    input.end(text);
    notes.on('data', (chunk) => {
      said += chunk;
    });
    return { input, output, notes };
  };
  /** A keyboard: raw mode echoes nothing, so what is on the screen is what was written there. */
  const keyboard = (...keys: string[]) => {
    const terminal = pipe('');
    const modes: boolean[] = [];
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode(isRaw: boolean) {
        modes.push(isRaw);
        const next = isRaw ? keys.shift() : undefined;
        if (next !== undefined) queueMicrotask(() => input.write(next));
        return input;
      },
    });
    return { terminal: { ...terminal, input: input as unknown as Terminal['input'] }, modes };
  };

  it('takes it from a pipe without the line end', async () => {
    expect(await readNewPassword(pipe(`${good}\n`), { passwordStdin: true }, ada)).toBe(good);
    expect(await readNewPassword(pipe(`${good} \r\n`), { passwordStdin: true }, ada)).toBe(`${good} `);
  });

  it('takes it from a file', async () => {
    const file = path.join(folder, 'password');
    writeFileSync(file, `${good}\n`);
    expect(await readNewPassword(pipe(''), { passwordFile: file }, ada)).toBe(good);
    const missing = readNewPassword(pipe(''), { passwordFile: `${file}x` }, ada);
    await expect(missing).rejects.toThrow(/cannot be read: .* \(ENOENT\)/);
  });

  it('asks twice at a keyboard, shows nothing of it, and gives the terminal back', async () => {
    const { terminal, modes } = keyboard(`${good.slice(0, -1)}x\u007fe\r`, `${good}\n`);
    expect(await readNewPassword(terminal, {}, ada)).toBe(good);
    expect(modes).toEqual([true, false, true, false]);
    expect(said).toBe('Password (at least 12 characters): \nOnce more: \n');
  });

  it('does nothing when the two differ or Ctrl-C is pressed', async () => {
    await expect(readNewPassword(keyboard(`${good}\r`, 'other\r').terminal, {}, ada)).rejects.toThrow('not the same');
    const { terminal, modes } = keyboard('half\u0003');
    await expect(readNewPassword(terminal, {}, ada)).rejects.toThrow('Nothing done');
    expect(modes).toEqual([true, false]);
  });

  it('refuses one that is too short or too easy, without repeating it', async () => {
    for (const bad of ['short', 'password1234', 'ada@example.com']) {
      const refused = await readNewPassword(pipe(bad), { passwordStdin: true }, ada).catch((error: Error) => error);
      expect(refused).toBeInstanceOf(UsageError);
      expect((refused as Error).message).not.toContain(bad);
    }
  });

  it('says how to give one where nobody can be asked', async () => {
    await expect(readNewPassword(pipe(''), {}, ada)).rejects.toThrow('--password-stdin or --password-file');
    const both = { passwordStdin: true, passwordFile: 'x' };
    await expect(readNewPassword(pipe(good), both, ada)).rejects.toThrow('not both');
  });
});
