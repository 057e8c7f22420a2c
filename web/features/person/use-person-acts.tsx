import type { ReactNode } from 'react';
import {
  deletePerson,
  disablePerson,
  enablePerson,
  endSessionsOfPerson,
  type Person,
  removeSecondFactorOfPerson,
  resendInvitation,
} from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { nameOf } from './name-of.ts';
import { usePeopleChange } from './people-query.ts';
import type { PersonAct } from './reason-why-not.ts';

export type { PersonAct };

interface Question {
  /** Null: done without asking. */
  title: string | null;
  body?: ReactNode;
  isDestructive?: boolean;
  done: string;
  carryOut: () => Promise<unknown>;
}

function questionOf(act: PersonAct, person: Person): Question {
  const name = nameOf(person);
  const input = { params: { id: person.id } };
  switch (act) {
    case 'resend':
      return {
        title: `Send ${name} the invitation again?`,
        body: <p>A new link goes to {person.email}; the one before stops working.</p>,
        isDestructive: false,
        done: `The invitation to ${person.email} is on its way again.`,
        carryOut: () => call(resendInvitation, input),
      };
    case 'end-sessions':
      return {
        title: `Sign ${name} out everywhere?`,
        body: (
          <p>
            {person.isYou ? 'You are signed out here too, and' : 'What they are typing may be lost. They'} can sign in
            again with the password.
          </p>
        ),
        done: `${name} was signed out everywhere.`,
        carryOut: () => call(endSessionsOfPerson, input),
      };
    case 'remove-factor':
      return {
        title: `Take the second factor of ${name} away?`,
        body: (
          <p>
            For somebody who has lost app, passkeys and recovery codes. All of them stop working, and the password alone
            signs in until another is set up. Be sure that it is really {name} who asks.
          </p>
        ),
        done: `${name} signs in with the password alone now.`,
        carryOut: () => call(removeSecondFactorOfPerson, input),
      };
    case 'disable':
      return {
        title: `Disable ${name}?`,
        body: (
          <p>They are signed out at once and cannot sign in. Nothing of theirs is lost; you can enable them again.</p>
        ),
        done: `${name} is disabled.`,
        carryOut: () => call(disablePerson, input),
      };
    case 'enable':
      return {
        title: null,
        done: `${name} can sign in again, with the password they had.`,
        carryOut: () => call(enablePerson, input),
      };
    case 'delete':
      return person.state === 'invited'
        ? {
            title: `Withdraw the invitation of ${name}?`,
            body: <p>The link that was mailed to {person.email} stops working.</p>,
            done: `The invitation to ${person.email} is withdrawn.`,
            carryOut: () => call(deletePerson, input),
          }
        : {
            title: `Delete ${name}?`,
            body: (
              <p>
                Their account, sessions and second factors are deleted. What they did stays in the log under their name.
                This cannot be undone; to keep somebody out for a while, disable them.
              </p>
            ),
            done: `${name} is deleted.`,
            carryOut: () => call(deletePerson, input),
          };
  }
}

/** Acts on a person, after a question that names them where something ends. */
export function usePersonActs() {
  const change = usePeopleChange<Question>({
    act: ({ carryOut }) => carryOut(),
    onDone: ({ done }) => notifyDone(done),
    onError: notifyProblem,
  });
  const ask = async (act: PersonAct, person: Person) => {
    const question = questionOf(act, person);
    const { title, body, isDestructive = true } = question;
    if (title === null || (await askYesNo({ title, children: body, isDestructive }))) change.mutate(question);
  };
  return { ask, isPending: change.isPending };
}
