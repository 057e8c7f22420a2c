/** `postern person …`: people who sign in. The way back in when nobody remembers a password. */
import { type Command, Option } from 'commander';
import { roles } from '../../contracts/access.ts';
import type { Role } from '../../contracts/endpoint.ts';
import { hashPassword } from '../access/password-hash.ts';
import { toIso, toIsoOrNull } from '../platform/clock.ts';
import { parseEmail } from './arguments.ts';
import { addPersonStateCommands } from './person-state-commands.ts';
import { printTable } from './print-table.ts';
import { type PasswordSource, readNewPassword } from './read-new-password.ts';
import { CommandFailedError, type Terminal, type WithCore } from './terminal.ts';

const withPassword = (command: Command): Command =>
  command
    .option('--password-stdin', 'read the password from standard input')
    .option('--password-file <path>', 'read the password from a file')
    .addHelpText('after', '\nWithout either, the password is asked for and not shown. It is never an argument.');

export const addPeopleCommands = (program: Command, withCore: WithCore, terminal: Terminal): void => {
  const user = program
    .command('person')
    .alias('user')
    .description('people who sign in: create, invite, list, set-password, reset-link, disable, enable, …');

  withPassword(
    user
      .command('create')
      .description('add a person')
      .requiredOption('--email <address>', 'what they sign in with', parseEmail)
      .option('--name <name>', 'how they are shown (default: the address up to the @)')
      .addOption(new Option('--role <role>', 'what they may do').choices(roles).default('viewer' satisfies Role)),
  ).action(async ({ email, name, role, ...source }: { email: string; name?: string; role: Role } & PasswordSource) => {
    const shownName = name?.trim() || email.split('@')[0]!;
    const password = await readNewPassword(terminal, source, { name: shownName, email });
    const passwordHash = await hashPassword(password);
    await withCore(async ({ people, clock }) => {
      const created = await people.createPerson({ name: shownName, email, role, passwordHash }, clock.now());
      if (!created) throw new CommandFailedError(`There is already a person with the address ${email}.`);
      terminal.output.write(`Created ${created.email} (${created.role}).\n`);
    });
  });

  user
    .command('list')
    .description('list people')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) =>
      withCore(async ({ persons, clock }) => {
        const all = (await persons.list({}, clock.now())).map((person) => ({
          ...{ id: person.id, email: person.email, name: person.name, role: person.role, state: person.state },
          hasSecondFactor: person.hasSecondFactor,
          createdAt: toIso(person.createdAt),
          lastSignInAt: toIsoOrNull(person.lastSignInAt),
        }));
        if (json) terminal.output.write(`${JSON.stringify(all, null, 2)}\n`);
        else {
          const rows = all.map((person) => [
            ...[person.email, person.name, person.role, person.state, person.hasSecondFactor ? 'yes' : 'no'],
            ...[person.lastSignInAt ?? 'never', person.createdAt],
          ]);
          const heads = ['EMAIL', 'NAME', 'ROLE', 'STATE', 'SECOND FACTOR', 'LAST SIGN-IN', 'CREATED'];
          terminal.output.write(printTable(heads, rows));
        }
      }),
    );

  withPassword(
    user
      .command('set-password')
      .description('give a person another password; ends all their sessions')
      .requiredOption('--email <address>', 'whose', parseEmail),
  ).action(async ({ email, ...source }: { email: string } & PasswordSource) => {
    await withCore(async ({ people, clock }) => {
      const person = await people.findPersonByEmail(email);
      if (!person) throw new CommandFailedError(`There is nobody with the address ${email}.`);
      const password = await readNewPassword(terminal, source, person);
      await people.setPassword(email, await hashPassword(password), clock.now());
      terminal.output.write(`Set another password for ${person.email} and ended all their sessions.\n`);
    });
  });

  addPersonStateCommands(user, withCore, terminal);
};
