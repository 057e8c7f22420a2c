/**
 * The `postern` command: the same stores on the same database as the server, which may be running meanwhile.
 *
 * Exit codes: 0 done, 1 it could not be done (a test that failed, a name that is taken), 2 it cannot be meant (wrong
 * arguments, bad configuration). Standard output has only what was asked for; everything else is on standard error.
 */
import { Command, CommanderError } from 'commander';
import { CannotStartError } from '../compose/cannot-start-error.ts';
import { composeCore } from '../compose/core.ts';
import { type Config, ConfigError } from '../config.ts';
import { NewerDatabaseError } from '../database/migrate.ts';
import { addApiKeyCommands } from './api-key-commands.ts';
import { addKeysCommands } from './keys-commands.ts';
import { addPeopleCommands } from './people-commands.ts';
import { addSmtpSettingsCommands } from './smtp-settings-commands.ts';
import { CommandFailedError, type Terminal, UsageError, type WithCore } from './terminal.ts';

/**
 * @param argv without the program's own name.
 * @param readConfig asked only when a command needs the database, so that --help works anywhere.
 * @returns the exit code.
 */
export const runCommand = async (argv: string[], readConfig: () => Config, terminal: Terminal): Promise<number> => {
  const withCore: WithCore = async (run) => {
    const core = await composeCore(readConfig());
    try {
      await run(core);
    } finally {
      await core.database.close();
    }
  };
  const program = new Command('postern')
    .description('Manages a Postern installation from the command line, also while it runs.')
    .helpOption('-h, --help', 'show this, or with a command, that command')
    .helpCommand(false)
    .showHelpAfterError('(--help shows what there is)')
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.notes.write(text.replace(/^error: /, 'postern: ')),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
It reads the same POSTERN_… variables as the server; give it the same POSTERN_DATA_DIR or POSTERN_DATABASE_URL.

Examples:
  postern person create --email ada@example.com --name Ada --role administrator
  postern api-key create --name billing --scopes send,read
  postern smtp-settings test "Office 365" --to ada@example.com`,
    );
  addPeopleCommands(program, withCore, terminal);
  addApiKeyCommands(program, withCore, terminal);
  addSmtpSettingsCommands(program, withCore, terminal);
  addKeysCommands(program, withCore, terminal);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has said it already; no command at all prints the help and is no success.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ConfigError) return say(terminal, error.faults, 2);
    if (error instanceof UsageError) return say(terminal, [error.message], 2);
    const isExpected = [CommandFailedError, CannotStartError, NewerDatabaseError].some((kind) => error instanceof kind);
    if (isExpected) return say(terminal, [(error as Error).message], 1);
    if (isDatabaseBusy(error)) return say(terminal, ['The database is busy. Try again in a moment.'], 1);
    throw error;
  }
};

function say({ notes }: Terminal, lines: string[], exitCode: number): number {
  for (const line of lines) notes.write(`postern: ${line}\n`);
  return exitCode;
}

const isDatabaseBusy = (error: unknown): boolean =>
  String((error as { code?: unknown }).code ?? '').startsWith('SQLITE_BUSY');
