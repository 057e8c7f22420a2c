/** `postern keys …`: the keys that seal SMTP passwords in the database. */
import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { CommandFailedError, type Terminal, UsageError, type WithCore } from './terminal.ts';

export const addKeysCommands = (program: Command, withCore: WithCore, terminal: Terminal): void => {
  const keys = program.command('keys').description('the keys that seal SMTP passwords in the database: rotate');

  keys
    .command('rotate')
    .description('seal every SMTP password again under a new key')
    .option('--new-secret-key-file <path>', 'a file with the next POSTERN_SECRET_KEY: 32 bytes, hexadecimal or base64')
    .addHelpText(
      'after',
      `
Works while the server runs. Where the secret key is the file in the data folder, that file is replaced too: make a
backup of it. Where it is POSTERN_SECRET_KEY, only the key below it is new, unless the next one is given in a file.`,
    )
    .action(async ({ newSecretKeyFile }: { newSecretKeyFile?: string }) => {
      const next = newSecretKeyFile === undefined ? null : await readKey(newSecretKeyFile);
      await withCore(async ({ config, passwordKeys }) => {
        if (next && !config.secretKey) {
          throw new UsageError('The secret key is the file in the data folder; it is replaced without another file.');
        }
        if (!config.secretKey) await refuseForeignOwner(config.dataFolder);
        const closed = await passwordKeys.closedBecause();
        if (closed) throw new CommandFailedError(closed);
        const { passwords, secretKeyChanged } = await passwordKeys.rotate(next);
        terminal.output.write(`Sealed ${passwords} ${passwords === 1 ? 'password' : 'passwords'} under a new key.\n`);
        if (next)
          terminal.notes.write('Now start Postern with the new POSTERN_SECRET_KEY; the old one opens nothing.\n');
        else if (secretKeyChanged) terminal.notes.write(`The key file in ${config.dataFolder} is new: back it up.\n`);
      });
    });
};

async function readKey(file: string): Promise<Buffer> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`The key file cannot be read: ${file} (${error.code})`);
  });
  const key = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(key) ? Buffer.from(key, 'hex') : Buffer.from(key, 'base64');
  if (bytes.length !== 32) throw new UsageError(`${file} does not hold 32 bytes. Make them with: openssl rand -hex 32`);
  return bytes;
}

/** The new key file would belong to root with mode 0600, and the server could not read it any more. */
async function refuseForeignOwner(folder: string): Promise<void> {
  const { uid } = await stat(folder);
  if (process.getuid?.() === 0 && uid !== 0) {
    throw new CommandFailedError(`${folder} belongs to another user. Run this as that user, not as root.`);
  }
}
