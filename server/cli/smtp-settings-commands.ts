/** `postern smtp-settings …`: the screen's list and test, for scripts and for machines without a browser. */
import type { Command } from 'commander';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import type { Core } from '../compose/core.ts';
import { parseEmail } from './arguments.ts';
import { printResult, printRung } from './print-ladder.ts';
import { printTable } from './print-table.ts';
import { CommandFailedError, type Terminal, type WithCore } from './terminal.ts';

export const addSmtpSettingsCommands = (program: Command, withCore: WithCore, terminal: Terminal): void => {
  const settings = program.command('smtp-settings').description('configured outgoing mail servers: list, test');

  settings
    .command('list')
    .description('list them by name')
    .option('--filter <text>', 'only where the name, the host or an address contains this', '')
    .option('--json', 'print JSON, in the shape of the HTTP API')
    .action(({ filter, json }: { filter: string; json?: boolean }) =>
      withCore(async ({ smtpSettings }) => {
        const all: SmtpSettings[] = [];
        for (let cursor: string | undefined | null; cursor !== null; ) {
          const page = await smtpSettings.list({ filter, cursor, limit: 1000 });
          all.push(...page.data);
          cursor = page.next;
        }
        terminal.output.write(json ? `${JSON.stringify(all, null, 2)}\n` : printSettings(all));
      }),
    );

  settings
    .command('test <name>')
    .description('send a test email and show how far it gets; exit code 1 when it does not arrive at the server')
    .requiredOption('--to <address>', 'where it goes', parseEmail)
    .option('--json', 'print only the result, in the shape of the HTTP API')
    .addHelpText('after', '\nThe name may also be the id (smtp_…).')
    .action((name: string, options: { to: string; json?: boolean }) =>
      withCore((core) => testSettings(core, name, options, terminal)),
    );
};

async function testSettings(
  { smtpSettings, smtpSettingsTest, passwordKeys, remember }: Core,
  name: string,
  { to, json }: { to: string; json?: boolean },
  { output }: Terminal,
): Promise<void> {
  const settings = (await smtpSettings.readByName(name)) ?? (await smtpSettings.read(name));
  if (!settings) throw new CommandFailedError(`There are no SMTP settings named "${name}".`);
  const closed = await passwordKeys.closedBecause();
  if (closed) throw new CommandFailedError(closed);
  const stored = settings.username ? await smtpSettings.readPassword(settings.id) : { password: null };
  if (stored === 'locked') {
    throw new CommandFailedError('The saved password cannot be opened with the key that Postern has.');
  }
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt);
  const result = await smtpSettingsTest.run({
    fields: settings,
    settingsId: settings.id,
    password: stored.password,
    memory: remember(settings),
    to,
    requestedBy: 'command line',
    onRung: (rung) => {
      if (!json) output.write(printRung(rung) ?? '');
    },
    signal: interrupted.signal,
  });
  process.off('SIGINT', interrupt);
  // A test that was called off says nothing about the server.
  if (result.failure?.code !== 'cancelled') {
    await smtpSettings.recordTest(settings.id, { isOk: result.ok, problem: result.failure?.title ?? '' });
  }
  output.write(json ? `${JSON.stringify(result, null, 2)}\n` : printResult(result));
  if (result.failure) {
    throw new CommandFailedError(`The test of ${settings.name} stopped at ${result.failure.step.toUpperCase()}.`);
  }
}

function printSettings(all: SmtpSettings[]): string {
  const rows = all.map((one) => [
    one.name,
    `${one.host}:${one.port}`,
    one.starttlsOnly ? 'starttls only' : one.security,
    one.fromEmail,
    one.username === '' ? 'no authentication' : one.username,
    one.lastTestedAt === null ? 'never tested' : `${one.lastTestOk ? 'ok' : 'failed'} ${one.lastTestedAt}`,
  ]);
  return printTable(['NAME', 'SERVER', 'SECURITY', 'FROM', 'USERNAME', 'LAST TEST'], rows);
}
