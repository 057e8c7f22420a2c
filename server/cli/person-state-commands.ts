/** `postern person …`: what helps when nobody can sign in, or no mail goes out. Links are printed, not mailed. */
import { type Command, Option } from 'commander';
import { roles } from '../../contracts/access.ts';
import type { Role } from '../../contracts/endpoint.ts';
import type { Core } from '../compose/core.ts';
import type { PersonOutcome } from '../person/person.store.ts';
import { printLink } from '../person/person-link.ts';
import { toIso } from '../platform/clock.ts';
import { parseEmail } from './arguments.ts';
import { CommandFailedError, type Terminal, type WithCore } from './terminal.ts';

export const addPersonStateCommands = (person: Command, withCore: WithCore, terminal: Terminal): void => {
  const print = (link: string, expiresAt: number, publicUrl: string) => {
    terminal.output.write(`${link}\n`);
    terminal.notes.write(`It works once, until ${toIso(expiresAt)}, under POSTERN_PUBLIC_URL (${publicUrl}).\n`);
  };
  const find = async ({ people }: Core, email: string) => {
    const found = await people.findPersonByEmail(email);
    if (!found) throw new CommandFailedError(`There is nobody with the address ${email}.`);
    return found;
  };

  person
    .command('invite')
    .description('invite somebody: prints the link to hand over; no mail is sent')
    .argument('<address>', 'what they will sign in with', parseEmail)
    .addOption(new Option('--role <role>', 'what they may do').choices(roles).default('viewer' satisfies Role))
    .option('--name <name>', 'how they are shown', '')
    .action((email: string, { role, name }: { role: Role; name: string }) =>
      withCore(async (core) => {
        const { persons, personLinks, clock, config } = core;
        const invited = { email, name: name.trim(), role, language: null, invitedBy: 'command line' };
        const id = await persons.addInvited(invited, clock.now());
        if (!id) throw new CommandFailedError(`There is already a person with the address ${email}; try reset-link.`);
        const { token, expiresAt } = await personLinks.makeLink(id, 'invitation', email, clock.now());
        print(printLink(config.publicUrl, 'invitation', token), expiresAt, config.publicUrl);
      }),
    );

  person
    .command('reset-link')
    .description('print a link with which a person sets another password; no mail is sent')
    .argument('<address>', 'whose', parseEmail)
    .addHelpText('after', '\nOf somebody who is only invited, it prints a new invitation.')
    .action((email: string) =>
      withCore(async (core) => {
        const { id, state, email: known } = await find(core, email);
        if (state === 'disabled') throw new CommandFailedError(`${known} is disabled. Enable this person first.`);
        const purpose = state === 'invited' ? 'invitation' : 'password-reset';
        const { token, expiresAt } = await core.personLinks.makeLink(id, purpose, known, core.clock.now());
        print(printLink(core.config.publicUrl, purpose, token), expiresAt, core.config.publicUrl);
      }),
    );

  const change = (
    name: string,
    description: string,
    step: (core: Core, id: string) => Promise<PersonOutcome>,
    says: (email: string) => string,
  ) =>
    person
      .command(name)
      .description(description)
      .argument('<address>', 'whose', parseEmail)
      .action((email: string) =>
        withCore(async (core) => {
          const { id, email: known } = await find(core, email);
          const outcome = await step(core, id);
          if (outcome !== 'done') throw new CommandFailedError(`${known}: ${refusals[outcome]}`);
          terminal.output.write(`${says(known)}\n`);
        }),
      );
  change(
    'disable',
    'keep a person out; ends their sessions and links',
    ({ persons, clock }, id) => persons.disable(id, clock.now()),
    (email) => `Disabled ${email} and ended all their sessions.`,
  );
  change(
    'enable',
    'let a person in again',
    ({ persons, clock }, id) => persons.enable(id, clock.now()),
    (email) => `Enabled ${email}.`,
  );
  change(
    'remove-second-factor',
    'take away a person’s app codes, passkeys and recovery codes, when they are lost',
    ({ persons }, id) => persons.removeFactors(id),
    (email) => `Removed the second factor of ${email} and ended all their sessions.`,
  );
};

const refusals: Record<Exclude<PersonOutcome, 'done'>, string> = {
  'not-found': 'this person was deleted.',
  'last-administrator': 'this is the last administrator who can sign in. Make somebody else one first.',
  'wrong-state': 'this person is only invited and has not accepted yet.',
};
