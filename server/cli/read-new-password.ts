/**
 * Where a new password comes from: a pipe, a file, or the keyboard, where it is not shown and asked for twice. Never an
 * argument: arguments are in the shell's history and in everybody's list of processes.
 */
import { readFile } from 'node:fs/promises';
import type { ReadStream } from 'node:tty';
import { NewPassword } from '../../contracts/access.ts';
import { findPasswordFault } from '../access/password-rules.ts';
import { type Terminal, UsageError } from './terminal.ts';

export interface PasswordSource {
  passwordStdin?: boolean | undefined;
  passwordFile?: string | undefined;
}

/** @throws UsageError when there is none, or it is not good enough. */
export const readNewPassword = async (
  terminal: Terminal,
  source: PasswordSource,
  person: { name: string; email: string },
): Promise<string> => {
  const password = await readFrom(terminal, source);
  const parsed = NewPassword.safeParse(password);
  const fault = parsed.success ? findPasswordFault(password, person) : parsed.error.issues[0]!.message;
  if (fault) throw new UsageError(`The password is not good enough. ${fault}`);
  return password;
};

async function readFrom(terminal: Terminal, { passwordStdin, passwordFile }: PasswordSource): Promise<string> {
  if (passwordStdin && passwordFile !== undefined) {
    throw new UsageError('Give --password-stdin or --password-file, not both.');
  }
  if (passwordStdin) return withoutLineEnd(await readAll(terminal.input));
  if (passwordFile !== undefined) {
    return withoutLineEnd(
      await readFile(passwordFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
        throw new UsageError(`The password file cannot be read: ${passwordFile} (${error.code})`);
      }),
    );
  }
  const { input } = terminal;
  if (!isKeyboard(input)) {
    throw new UsageError('There is no terminal to ask for a password. Use --password-stdin or --password-file.');
  }
  const password = await askUnseen(terminal, input, 'Password (at least 12 characters): ');
  if (password !== (await askUnseen(terminal, input, 'Once more: '))) {
    throw new UsageError('The two are not the same. Try again.');
  }
  return password;
}

const isKeyboard = (input: Terminal['input']): input is ReadStream => 'isTTY' in input && input.isTTY === true;

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

async function readAll(input: Terminal['input']): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function askUnseen({ notes }: Terminal, input: ReadStream, question: string): Promise<string> {
  notes.write(question);
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (finish: () => void) => {
      input.off('data', take).setRawMode(false).pause();
      notes.write('\n');
      finish();
    };
    const take = (chunk: Buffer | string) => {
      for (const character of chunk.toString()) {
        if (character === '\r' || character === '\n') return end(() => resolve(typed));
        // Ctrl-C and Ctrl-D: raw mode hands them over as characters.
        if (character === '\u0003' || character === '\u0004') return end(() => reject(new UsageError('Nothing done.')));
        if (character === '\u007f' || character === '\b') typed = [...typed].slice(0, -1).join('');
        else if (character >= ' ') typed += character;
      }
    };
    input.setRawMode(true).resume().on('data', take);
  });
}
