/**
 * HTTP for one's own factors and the policy. Every change asks who it is once more where that was longer ago than 10
 * minutes (OWASP ASVS 7.5.1): a session somebody left open must not give the account away.
 */
import {
  addPasskey,
  beginConfirmation,
  beginPasskey,
  beginTotp,
  changeSignInPolicy,
  confirmMyself,
  confirmTotp,
  deletePasskey,
  deleteTotp,
  makeRecoveryCodes,
  readSecondFactors,
  readSignInPolicy,
  renamePasskey,
  type SecondFactors,
} from '../../contracts/second-factor.ts';
import { checkOwnPassword } from '../access/check-own-password.ts';
import { personOf, refuseTry } from '../access/reply-with-session.ts';
import { toIso, toIsoOrNull } from '../platform/clock.ts';
import type { Caller, Router } from '../platform/http.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import { askToAdd, askToSign, checkAdded } from './passkey-ceremony.ts';
import { findPasskeyPlace } from './passkey-place.ts';
import { provePasskey } from './prove-factor.ts';
import type { StoredFactors } from './second-factor.store.ts';
import { refuseLocked, type SecondStepParts } from './second-step.ts';
import { findTotpStep, makeTotpSecret, printTotpUri } from './totp.ts';

const confirmedForMs = 10 * 60 * 1000;
const mostPasskeys = 20;

export const addSecondFactorRoutes = ({ route }: Router, parts: SecondStepParts): void => {
  const { factors, challenges, people, sessions, limits, publicUrl, clock } = parts;
  type Myself = ReturnType<typeof personOf>;

  const confirmedUntil = ({ confirmedAt = 0 }: Myself): number | null =>
    confirmedAt + confirmedForMs > clock.now() ? confirmedAt + confirmedForMs : null;
  /** @throws Refusal 403 */
  const requireConfirmed = (caller: Caller): Myself => {
    const me = personOf(caller);
    if (confirmedUntil(me) === null) {
      throw new Refusal(
        'confirmation_required',
        'Confirm with your password or a passkey that it is you, then do this again.',
      );
    }
    return me;
  };
  const isRequired = async ({ role }: Myself) => role === 'administrator' && (await factors.isPolicyOn());
  const show = async (me: Myself): Promise<SecondFactors> => {
    const { totp, passkeys, recoveryCodes } = await factors.read(me.id);
    return {
      totp: totp && { createdAt: toIso(totp.createdAt) },
      passkeys: passkeys.map((key) => ({
        id: key.id,
        name: key.name,
        isSynced: key.is_synced === 1,
        createdAt: toIso(key.created_at),
        lastUsedAt: toIsoOrNull(key.last_used_at),
      })),
      recoveryCodes: recoveryCodes && { left: recoveryCodes.left, createdAt: toIso(recoveryCodes.createdAt) },
      isRequired: await isRequired(me),
      confirmedUntil: toIsoOrNull(confirmedUntil(me)),
    };
  };
  /** @throws Refusal 409 where the policy asks for one and this is the last. */
  const requireAnother = async (me: Myself, isLeft: (stored: StoredFactors) => boolean) => {
    if (!(await isRequired(me)) || isLeft(await factors.read(me.id))) return;
    throw new Refusal(
      'conflict',
      'Administrators need a second factor here, and this is your last. Add another first.',
    );
  };
  const requirePlace = (origin: string | undefined) => {
    const found = findPasskeyPlace(publicUrl, origin);
    if (!found.ok) throw new Refusal('conflict', found.why);
    return found.place;
  };

  route(readSecondFactors, async ({ caller }) => show(personOf(caller)));

  route(beginConfirmation, async ({ caller, request }) => {
    const { id, sessionId } = personOf(caller);
    const { passkeys } = await factors.read(id);
    if (passkeys.length === 0) throw new Refusal('conflict', 'You have no passkey. Confirm with your password.');
    const { challenge, options } = await askToSign(requirePlace(request.headers.origin), passkeys);
    await challenges.begin('confirm', { personId: id, webAuthnChallenge: challenge, sessionId }, clock.now());
    return { options };
  });
  route(confirmMyself, async ({ caller, body: { password, passkey }, request }) => {
    const me = personOf(caller);
    if (password !== undefined) {
      const checked = await checkOwnPassword({ people, limits }, me, password, request.ip);
      if (checked === 'wrong')
        throw refuseField('password', 'wrong', 'This is not your password. Check it and try again.');
      if (checked !== 'right') throw refuseTry(checked);
    } else {
      const open = await challenges.try('confirm', me.sessionId, clock.now());
      const place = requirePlace(request.headers.origin);
      const owner =
        open?.webAuthnChallenge && passkey
          ? await provePasskey(parts, passkey, { place, challenge: open.webAuthnChallenge })
          : null;
      if (owner !== me.id || !(await challenges.finish('confirm', me.sessionId))) {
        throw new Refusal(
          'forbidden',
          'This passkey does not fit, or it took too long. Try again, or use your password.',
        );
      }
    }
    await sessions.confirm(me.sessionId, clock.now());
    return { confirmedUntil: toIso(clock.now() + confirmedForMs) };
  });

  route(beginTotp, async ({ caller, reply }) => {
    const me = requireConfirmed(caller);
    const secret = makeTotpSecret();
    const begun = await factors.beginTotp(me.id, secret, clock.now());
    if (begun === 'on') throw new Refusal('conflict', 'Your authenticator app is on already. Turn it off first.');
    if (begun === 'locked') throw refuseLocked();
    reply.header('cache-control', 'no-store');
    const host = new URL(publicUrl).hostname;
    return { uri: printTotpUri(secret, me.email, `Postern (${host})`), secret };
  });
  route(confirmTotp, async ({ caller, body, request, reply }) => {
    const me = requireConfirmed(caller);
    const waitSeconds = limits.begin(`second step ${me.id}`, request.ip);
    if (waitSeconds > 0) throw refuseTry(waitSeconds);
    const secret = await factors.readTotpSecret(me.id, 'waiting');
    if (secret === 'locked') throw refuseLocked();
    if (secret === null) throw new Refusal('conflict', 'Nothing waits to be confirmed. Begin to set the app up again.');
    const step = findTotpStep(secret, body.code, clock.now());
    if (step === null) {
      throw refuseField('code', 'wrong', 'This code does not fit. Is the time of your phone right? Try the next one.');
    }
    limits.succeed(`second step ${me.id}`, request.ip);
    const added = await factors.confirmTotp(me.id, step, clock.now());
    if (!added.ok) throw new Refusal('conflict', 'The app was turned on at this moment, in another window.');
    reply.header('cache-control', 'no-store');
    return { factors: await show(me), recoveryCodes: added.recoveryCodes };
  });
  route(deleteTotp, async ({ caller }) => {
    const me = requireConfirmed(caller);
    await requireAnother(me, ({ passkeys }) => passkeys.length > 0);
    if (!(await factors.deleteTotp(me.id))) throw new Refusal('not_found', 'No authenticator app is on.');
    return show(me);
  });

  route(beginPasskey, async ({ caller, request }) => {
    const me = requireConfirmed(caller);
    const { passkeys } = await factors.read(me.id);
    if (passkeys.length >= mostPasskeys) {
      throw new Refusal('conflict', `You have ${mostPasskeys} passkeys. Delete one that you do not use.`);
    }
    const { challenge, options } = await askToAdd(requirePlace(request.headers.origin), me, passkeys);
    const about = { personId: me.id, webAuthnChallenge: challenge, sessionId: me.sessionId };
    await challenges.begin('add-passkey', about, clock.now());
    return { options };
  });
  route(addPasskey, async ({ caller, body: { name, passkey }, request, reply }) => {
    const me = requireConfirmed(caller);
    const place = requirePlace(request.headers.origin);
    const open = await challenges.try('add-passkey', me.sessionId, clock.now());
    const checked = open?.webAuthnChallenge ? await checkAdded(place, open.webAuthnChallenge, passkey) : null;
    if (!checked || !(await challenges.finish('add-passkey', me.sessionId))) {
      throw new Refusal('forbidden', 'The passkey could not be checked, or it took too long. Begin to add it again.');
    }
    const added = await factors.addPasskey(me.id, { ...checked, name }, clock.now());
    if (!added.ok) throw new Refusal('conflict', 'This passkey is in use here already.');
    reply.header('cache-control', 'no-store');
    return { factors: await show(me), recoveryCodes: added.recoveryCodes };
  });
  route(renamePasskey, async ({ caller, params, body }) => {
    const me = personOf(caller);
    if (!(await factors.renamePasskey(me.id, params.id, body.name))) throw refusePasskey();
    return show(me);
  });
  route(deletePasskey, async ({ caller, params }) => {
    const me = requireConfirmed(caller);
    await requireAnother(me, ({ totp, passkeys }) => totp !== null || passkeys.some(({ id }) => id !== params.id));
    if (!(await factors.deletePasskey(me.id, params.id))) throw refusePasskey();
    return show(me);
  });

  route(makeRecoveryCodes, async ({ caller, reply }) => {
    const me = requireConfirmed(caller);
    const { totp, passkeys } = await factors.read(me.id);
    if (!totp && passkeys.length === 0) {
      throw new Refusal(
        'conflict',
        'Set up an authenticator app or a passkey first; recovery codes stand in for those.',
      );
    }
    const recoveryCodes = await factors.renewRecoveryCodes(me.id, clock.now());
    reply.header('cache-control', 'no-store');
    return { factors: await show(me), recoveryCodes };
  });

  const showPolicy = async () => ({ administratorsNeedSecondFactor: await factors.isPolicyOn() });
  route(readSignInPolicy, showPolicy);
  route(changeSignInPolicy, async ({ caller, body: { administratorsNeedSecondFactor: isOn } }) => {
    const me = requireConfirmed(caller);
    const { totp, passkeys } = await factors.read(me.id);
    if (isOn && !totp && passkeys.length === 0) {
      throw new Refusal('conflict', 'Set up a second factor of your own first, or this would keep you out.');
    }
    await factors.setPolicy(isOn);
    return showPolicy();
  });
};

const refusePasskey = (): Refusal => new Refusal('not_found', 'You have no passkey with this id; it may be deleted.');
