/** HTTP for one's own profile: name, language, address, password. */
import {
  changeMyEmail,
  changeMyPassword,
  changeProfile,
  type Profile,
  readProfile,
  withdrawMyEmail,
} from '../../contracts/person.ts';
import type { AccessStore } from '../access/access.store.ts';
import { checkOwnPassword } from '../access/check-own-password.ts';
import { toEmailKey } from '../access/email-key.ts';
import { originOf, personOf, refuseTry, setCookie } from '../access/reply-with-session.ts';
import type { SessionStore } from '../access/session.store.ts';
import { printSessionCookie } from '../access/session-rules.ts';
import type { SignInLimits } from '../access/sign-in-limits.ts';
import { type Clock, toIso, toIsoOrNull } from '../platform/clock.ts';
import type { Router } from '../platform/http.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import { hashNew } from './hash-new-password.ts';
import type { PersonStore } from './person.store.ts';
import type { PersonLinkStore } from './person-link.store.ts';
import { printLink } from './person-link.ts';
import { type SendPersonMail, writeEmailConfirmation, writeEmailNotice } from './person-mail.ts';
import type { PersonNotices } from './person-notices.ts';

export interface ProfileRouteParts {
  people: PersonStore;
  accounts: Pick<AccessStore, 'findPerson' | 'findPersonByEmail'>;
  links: PersonLinkStore;
  sessions: Pick<SessionStore, 'startSession'>;
  limits: SignInLimits;
  notices: PersonNotices;
  send: SendPersonMail;
  canSendMail: () => Promise<boolean>;
  publicUrl: string;
  isHttps: boolean;
  clock: Clock;
}

export const addProfileRoutes = ({ route }: Router, parts: ProfileRouteParts): void => {
  const { people, accounts, links, clock } = parts;
  const read = async (id: string): Promise<Profile> => {
    const person = await people.read(id, clock.now());
    if (!person) throw new Refusal('not_found', 'Your account was deleted.');
    const pending = await links.readLink(id, 'email-change');
    const isPending = pending !== null && pending.expiresAt > clock.now();
    return {
      name: person.name,
      email: person.email,
      role: person.role,
      language: person.language,
      pendingEmail: isPending ? pending.email : null,
      pendingEmailExpiresAt: toIsoOrNull(isPending ? pending.expiresAt : null),
      passwordSetAt: toIso(person.passwordSetAt),
    };
  };
  /** @throws Refusal 422 at the field, 429 */
  const requirePassword = async (
    person: { id: string; email: string },
    field: string,
    password: string,
    ip: string,
  ) => {
    const checked = await checkOwnPassword({ people: accounts, limits: parts.limits }, person, password, ip);
    if (checked === 'right') return;
    if (checked !== 'wrong') throw refuseTry(checked);
    throw refuseField(field, 'wrong', 'This is not your password. Check it and try again.');
  };

  route(readProfile, async ({ caller }) => read(personOf(caller).id));
  route(changeProfile, async ({ caller, body }) => {
    const { id } = personOf(caller);
    await people.change(id, body, clock.now());
    return read(id);
  });

  route(changeMyEmail, async ({ caller, body: { email, password }, request }) => {
    const me = personOf(caller);
    await requirePassword(me, 'password', password, request.ip);
    if (email === me.email) throw refuseField('email', 'unchanged', 'This is the address you have. Give another.');
    if (!(await parts.canSendMail())) {
      throw new Refusal(
        'conflict',
        'No mail can be sent yet, so the new address cannot be confirmed. Add SMTP settings first.',
      );
    }
    const named = { name: me.name, email: me.email, language: me.language ?? null };
    const { token, expiresAt } = await links.makeLink(me.id, 'email-change', email, clock.now());
    const link = printLink(parts.publicUrl, 'email-change', token);
    // Whose address it is already is not told: no mail goes there, and the link, which nobody has, comes to nothing.
    const owner = await accounts.findPersonByEmail(email);
    const isFree = owner === null || toEmailKey(email) === toEmailKey(me.email);
    const sent = isFree
      ? await parts.send(writeEmailConfirmation(named, email, link, expiresAt))
      : ({ ok: true } as const);
    if (!sent.ok) {
      await links.endLink(me.id, 'email-change');
      throw new Refusal('conflict', `The mail could not be accepted: ${sent.why}`);
    }
    const noticed = await parts.send(writeEmailNotice(named, email, 'asked'));
    if (!noticed.ok) request.log.warn({ why: noticed.why }, 'a notice was not mailed');
    return read(me.id);
  });
  route(withdrawMyEmail, async ({ caller }) => {
    const { id } = personOf(caller);
    await links.endLink(id, 'email-change');
    return read(id);
  });

  route(changeMyPassword, async ({ caller, body: { oldPassword, password }, request, reply }) => {
    const me = personOf(caller);
    await requirePassword(me, 'oldPassword', oldPassword, request.ip);
    const passwordHash = await hashNew(password, me);
    await people.changePassword(me.id, passwordHash, clock.now());
    // This session goes on under a new token; all others have ended.
    const { token } = await parts.sessions.startSession(me.id, originOf(request), clock.now());
    setCookie(reply, printSessionCookie(token, parts.isHttps));
    parts.notices.passwordChanged({ name: me.name, email: me.email, language: me.language ?? null });
    return undefined;
  });
};
