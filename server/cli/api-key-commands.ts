/** `postern api-key …`: what programs call with. */
import type { Command } from 'commander';
import { ApiKeyInput, scopes } from '../../contracts/access.ts';
import type { Scope } from '../../contracts/endpoint.ts';
import { toIso, toIsoOrNull } from '../platform/clock.ts';
import { parseDays, parseScopes } from './arguments.ts';
import { printTable } from './print-table.ts';
import { CommandFailedError, type Terminal, UsageError, type WithCore } from './terminal.ts';

export const addApiKeyCommands = (program: Command, withCore: WithCore, terminal: Terminal): void => {
  const apiKey = program
    .command('api-key')
    .description('keys with which programs call the HTTP API: create, list, revoke');

  apiKey
    .command('create')
    .description('create a key and print it, alone, this once')
    .requiredOption('--name <name>', 'who will use it')
    .requiredOption('--scopes <list>', `what it may do, separated by commas: ${scopes.join(', ')}`, parseScopes)
    .option('--expires-in-days <days>', 'when it stops working (default: never)', parseDays)
    .addHelpText('after', '\nExample: KEY=$(postern api-key create --name terraform --scopes smtp-settings)')
    .action(async (options: { name: string; scopes: Scope[]; expiresInDays?: number }) => {
      const input = ApiKeyInput.safeParse(options);
      if (!input.success) throw new UsageError(input.error.issues[0]!.message);
      await withCore(async ({ apiKeys, clock }) => {
        const { key } = await apiKeys.createApiKey(input.data, 'command line', clock.now());
        terminal.output.write(`${key}\n`);
      });
    });

  apiKey
    .command('list')
    .description('list keys; the keys themselves cannot be had again')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) =>
      withCore(async ({ apiKeys }) => {
        const all = (await apiKeys.listApiKeys()).map((key) => ({
          ...key,
          createdAt: toIso(key.createdAt),
          lastUsedAt: toIsoOrNull(key.lastUsedAt),
          expiresAt: toIsoOrNull(key.expiresAt),
        }));
        if (json) terminal.output.write(`${JSON.stringify(all, null, 2)}\n`);
        else {
          const rows = all.map((key) => [
            key.id,
            key.name,
            key.scopes.join(','),
            key.lastUsedAt ?? 'never',
            key.expiresAt ?? 'never',
          ]);
          terminal.output.write(printTable(['ID', 'NAME', 'SCOPES', 'LAST USED', 'EXPIRES'], rows));
        }
      }),
    );

  apiKey
    .command('revoke <id>')
    .description('end a key at once; `api-key list` shows the ids')
    .action((id: string) =>
      withCore(async ({ apiKeys }) => {
        if (!(await apiKeys.deleteApiKey(id))) throw new CommandFailedError(`There is no API key with the id ${id}.`);
        terminal.output.write(`Revoked ${id}.\n`);
      }),
    );
};
