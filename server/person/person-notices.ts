/** Tells people by mail what happened to their account. It happened already: nobody waits for the mail. */
import type { AccessStore } from '../access/access.store.ts';
import type { Clock } from '../platform/clock.ts';
import { type Named, type SendPersonMail, writeEmailNotice, writePasswordChanged } from './person-mail.ts';

export interface PersonNotices {
  passwordChanged: (person: Named) => void;
  /** To the address they had. */
  emailChanged: (person: Named, newEmail: string) => void;
  addressOf: (personId: string) => Promise<string | null>;
  /** Resolves when nothing is on its way any more. */
  idle: () => Promise<void>;
}

export interface PersonNoticeParts {
  people: Pick<AccessStore, 'findPerson'>;
  send: SendPersonMail;
  publicUrl: string;
  clock: Pick<Clock, 'now'>;
  onFault: (error: unknown) => void;
}

export const openPersonNotices = ({ people, send, publicUrl, clock, onFault }: PersonNoticeParts): PersonNotices => {
  const going = new Set<Promise<unknown>>();
  const mail = (...what: Parameters<SendPersonMail>) => {
    const sent = send(...what)
      .then((outcome) => {
        if (!outcome.ok) onFault(new Error(`A notice was not mailed: ${outcome.why}`));
      })
      .catch(onFault)
      .finally(() => going.delete(sent));
    going.add(sent);
  };
  return {
    passwordChanged: (person) => mail(writePasswordChanged(person, `${publicUrl}/password-reset`, clock.now())),
    emailChanged: (person, newEmail) => mail(writeEmailNotice(person, newEmail, 'done')),
    addressOf: async (personId) => (await people.findPerson(personId))?.email ?? null,
    idle: async () => {
      await Promise.all(going);
    },
  };
};
