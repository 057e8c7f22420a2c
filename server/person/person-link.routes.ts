/**
 * HTTP for whoever comes by a mailed link, or has forgotten the password. Nobody is signed in here, and nobody becomes so:
 * the password just chosen opens the sign-in page, which still asks for a second factor where one is on.
 */
import {
  acceptInvitation,
  checkInvitation,
  checkPasswordReset,
  completePasswordReset,
  confirmEmail,
  readPasswordReset,
  requestPasswordReset,
} from '../../contracts/person.ts';
import { type Clock, toIso } from '../platform/clock.ts';
import type { Router } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import { hashNew } from './hash-new-password.ts';
import type { PasswordReset } from './password-reset.ts';
import type { FoundLink, PersonLinkStore } from './person-link.store.ts';
import { type LinkPurpose, resetCommand } from './person-link.ts';
import type { PersonNotices } from './person-notices.ts';

export interface PersonLinkRouteParts {
  links: PersonLinkStore;
  passwordReset: PasswordReset;
  notices: PersonNotices;
  canSendMail: () => Promise<boolean>;
  clock: Clock;
}

export const addPersonLinkRoutes = ({ route }: Router, parts: PersonLinkRouteParts): void => {
  const { links, clock } = parts;
  const found = async (purpose: LinkPurpose, token: string): Promise<FoundLink> => {
    const link = await links.findLink(purpose, token, clock.now());
    if (!link) throw refuseLink(purpose);
    return link;
  };
  const mailState = async () => ({ canSendMail: await parts.canSendMail(), resetCommand });

  route(readPasswordReset, mailState);
  route(requestPasswordReset, async ({ body, request }) => {
    parts.passwordReset.request(body.email, request.ip);
    return mailState();
  });
  route(checkPasswordReset, async ({ body }) => {
    const { email, expiresAt } = await found('password-reset', body.token);
    return { email, expiresAt: toIso(expiresAt) };
  });
  route(completePasswordReset, async ({ body: { token, password } }) => {
    const link = await found('password-reset', token);
    const passwordHash = await hashNew(password, link);
    const person = await links.completeReset(token, passwordHash, clock.now());
    if (!person) throw refuseLink('password-reset');
    parts.notices.passwordChanged(person);
    return { email: person.email };
  });

  route(checkInvitation, async ({ body }) => {
    const { email, name, invitedBy, expiresAt } = await found('invitation', body.token);
    return { email, name, invitedBy, expiresAt: toIso(expiresAt) };
  });
  route(acceptInvitation, async ({ body: { token, name, password, language } }) => {
    const link = await found('invitation', token);
    const passwordHash = await hashNew(password, { name, email: link.email });
    const person = await links.acceptInvitation(token, { name, passwordHash, language }, clock.now());
    if (!person) throw refuseLink('invitation');
    return { email: person.email };
  });

  route(confirmEmail, async ({ body: { token } }) => {
    const { personId, name, language } = await found('email-change', token);
    const before = await parts.notices.addressOf(personId);
    const person = await links.confirmEmail(token, clock.now());
    if (person === null) throw refuseLink('email-change');
    if (person === 'taken') {
      throw new Refusal('conflict', 'Somebody else has this address here by now. Choose another in your profile.');
    }
    if (before !== null) parts.notices.emailChanged({ name, email: before, language }, person.email);
    return { email: person.email };
  });
};

const repairs: Record<LinkPurpose, string> = {
  invitation: 'Ask whoever invited you for another, or sign in if you have accepted it already.',
  'password-reset': 'Ask for another on the sign-in page, under Forgotten password.',
  'email-change': 'Ask for another in your profile.',
};
const refuseLink = (purpose: LinkPurpose): Refusal =>
  new Refusal('forbidden', `This link was used, replaced by a newer one, or is too old. ${repairs[purpose]}`);
