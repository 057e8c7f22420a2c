/** HTTP for the users page: administrators invite, change, disable and delete. The rules are in person.store. */
import type { z } from 'zod';
import {
  changePerson,
  deletePerson,
  disablePerson,
  enablePerson,
  endSessionsOfPerson,
  invitePerson,
  listPeople,
  type Person,
  readPerson,
  removeSecondFactorOfPerson,
  resendInvitation,
} from '../../contracts/person.ts';
import { type Clock, toIso, toIsoOrNull } from '../platform/clock.ts';
import { type Caller, callerName, type Router } from '../platform/http.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import type { PersonOutcome, PersonStore, StoredPerson } from './person.store.ts';
import type { PersonLinkStore } from './person-link.store.ts';
import { printLink } from './person-link.ts';
import { type SendPersonMail, writeInvitation } from './person-mail.ts';

export interface PersonRouteParts {
  people: PersonStore;
  links: PersonLinkStore;
  send: SendPersonMail;
  canSendMail: () => Promise<boolean>;
  publicUrl: string;
  clock: Clock;
}

export const addPersonRoutes = ({ route }: Router, parts: PersonRouteParts): void => {
  const { people, links, clock } = parts;

  const answer = async (id: string, caller: Caller, outcome: PersonOutcome = 'done'): Promise<Person> => {
    if (outcome !== 'done') throw refuse(outcome);
    const person = await people.read(id, clock.now());
    if (!person) throw refuse('not-found');
    return toContract(person, caller);
  };
  const mailInvitation = async (id: string, invitedBy: string) => {
    const person = await people.read(id, clock.now());
    if (!person) throw refuse('not-found');
    const { token, expiresAt } = await links.makeLink(id, 'invitation', person.email, clock.now());
    return parts.send(writeInvitation(person, printLink(parts.publicUrl, 'invitation', token), invitedBy, expiresAt));
  };
  const requireMail = async () => {
    if (await parts.canSendMail()) return;
    throw new Refusal(
      'conflict',
      'No mail can be sent yet: there are no SMTP settings. Add them under Setup / Extensibility / SMTP Settings, or print a link with: npm run postern -- person invite ADDRESS --role ROLE',
    );
  };
  const inviter = (caller: Caller) => (caller.kind === 'person' ? caller.name || caller.email : callerName(caller));

  route(listPeople, async ({ query, caller }) => ({
    data: (await people.list(query, clock.now())).map((person) => toContract(person, caller)),
  }));
  route(readPerson, async ({ params, caller }) => answer(params.id, caller));

  route(invitePerson, async ({ body, caller }) => {
    await requireMail();
    const id = await people.addInvited({ ...body, invitedBy: inviter(caller) }, clock.now());
    if (!id) {
      const message = 'Somebody with this address is here already, or invited. Look in the list.';
      throw refuseField('email', 'taken', message);
    }
    // What was not mailed must not stand in the list as if it had been.
    const withdraw = () => people.remove(id);
    const sent = await mailInvitation(id, inviter(caller)).catch(async (error: unknown) => {
      await withdraw();
      throw error;
    });
    if (!sent.ok) {
      await withdraw();
      throw new Refusal('conflict', `Nobody was invited, because the mail could not be accepted: ${sent.why}`);
    }
    return answer(id, caller);
  });

  route(resendInvitation, async ({ params, caller }) => {
    const person = await people.read(params.id, clock.now());
    if (!person) throw refuse('not-found');
    if (person.state !== 'invited') throw new Refusal('conflict', 'This person has accepted the invitation already.');
    await requireMail();
    const sent = await mailInvitation(params.id, inviter(caller));
    if (!sent.ok) throw new Refusal('conflict', `The mail could not be accepted: ${sent.why}`);
    return answer(params.id, caller);
  });

  route(changePerson, async ({ params, body, caller }) =>
    answer(params.id, caller, await people.change(params.id, body, clock.now())),
  );
  route(disablePerson, async ({ params, caller }) => {
    refuseOneself(params.id, caller, 'disable');
    return answer(params.id, caller, await people.disable(params.id, clock.now()));
  });
  route(enablePerson, async ({ params, caller }) =>
    answer(params.id, caller, await people.enable(params.id, clock.now())),
  );
  route(endSessionsOfPerson, async ({ params, caller }) =>
    answer(params.id, caller, await people.endSessions(params.id)),
  );
  route(removeSecondFactorOfPerson, async ({ params, caller }) => {
    refuseOneself(params.id, caller, 'take the second factor from');
    return answer(params.id, caller, await people.removeFactors(params.id));
  });
  route(deletePerson, async ({ params, caller }) => {
    refuseOneself(params.id, caller, 'delete');
    const outcome = await people.remove(params.id);
    if (outcome !== 'done') throw refuse(outcome);
    return undefined;
  });
};

function refuseOneself(id: string, caller: Caller, what: string): void {
  if (caller.kind !== 'person' || caller.id !== id) return;
  throw new Refusal('conflict', `You cannot ${what} yourself here. Ask another administrator, or use your profile.`);
}

const refusals: Record<Exclude<PersonOutcome, 'done'>, [name: 'not_found' | 'conflict', message: string]> = {
  'not-found': ['not_found', 'There is nobody with this id; they may have been deleted.'],
  'last-administrator': [
    'conflict',
    'This is the last administrator who can sign in. Make somebody else an administrator first.',
  ],
  'wrong-state': ['conflict', 'This person is only invited. Withdraw the invitation instead.'],
};
const refuse = (outcome: Exclude<PersonOutcome, 'done'>): Refusal => new Refusal(...refusals[outcome]);

const toContract = (person: StoredPerson, caller: Caller): z.input<typeof readPerson.reply> => ({
  ...person,
  createdAt: toIso(person.createdAt),
  lastSignInAt: toIsoOrNull(person.lastSignInAt),
  disabledAt: toIsoOrNull(person.disabledAt),
  invitationExpiresAt: toIsoOrNull(person.invitationExpiresAt),
  isYou: caller.kind === 'person' && caller.id === person.id,
});
