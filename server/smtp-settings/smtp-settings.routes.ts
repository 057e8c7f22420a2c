/** HTTP for the SMTP Settings screen and for programs; the rules are in smtp-settings.ts. */
import {
  changeSmtpSettings,
  createSmtpSettings,
  deleteSmtpSettings,
  listSmtpSettings,
  makeDefaultSmtpSettings,
  readSmtpSettings,
  readSmtpSettingsUsage,
  type SmtpSettings,
} from '../../contracts/smtp-settings.ts';
import { callerName, type Router } from '../platform/http.ts';
import { readIfMatch } from '../platform/if-match.ts';
import { Refusal } from '../platform/refusal.ts';
import { checkCa } from './ca-certificate.ts';
import type { PasswordKeys } from './password-key.store.ts';
import type { ShownCertificates } from './shown-certificates.ts';
import type { SmtpSettingsStore, WriteOutcome } from './smtp-settings.store.ts';
import { checkTogether, mergeFields, whyPasswordIsNeededAgain } from './smtp-settings.ts';
import { describeCount } from './waiting-mail.store.ts';

export interface SmtpSettingsRouteParts {
  store: SmtpSettingsStore;
  keys: PasswordKeys;
  shown: ShownCertificates;
  /** Names of the templates that send by these settings. */
  listTemplates: (settingsId: string) => Promise<string[]>;
}

export const addSmtpSettingsRoutes = (
  router: Router,
  { store, keys, shown, listTemplates }: SmtpSettingsRouteParts,
): void => {
  const { route } = router;

  route(listSmtpSettings, ({ query }) => store.list({ ...query, cursor: query.cursor }));

  route(createSmtpSettings, async ({ body: { password, ...fields }, caller, reply }) => {
    const problems = [...checkTogether(fields, Boolean(password)), ...checkCa(fields)];
    if (problems.length > 0) throw new Refusal('validation_error', problems[0]!.message, { fields: problems });
    const settings = await unwrap(await store.create(fields, password, callerName(caller)), fields.name, keys);
    reply.header('location', `/api/v1/smtp-settings/${settings.id}`).header('etag', etagOf(settings));
    return settings;
  });

  route(readSmtpSettings, async ({ params, reply }) => {
    const settings = found(await store.read(params.id));
    reply.header('etag', etagOf(settings));
    return settings;
  });

  route(changeSmtpSettings, async ({ params, body, caller, request, reply }) => {
    const before = found(await store.read(params.id));
    refuseManaged(before);
    const { password, version: bodyVersion, ...changes } = body;
    const version = readIfMatch(request) ?? bodyVersion ?? null;
    if (version !== null && version !== before.version) refuseVersion(before);
    const fields = mergeFields(before, changes);
    // No user name, no authentication: a password that nothing can use is not kept.
    const newPassword = fields.username === '' && !password ? null : password === '' ? null : password;
    const problems = [...checkTogether(fields, Boolean(newPassword)), ...checkCa(fields)];
    const lending = { mayChange: true, wasShown: (pin: string) => shown.wasShown(before.id, pin) };
    const again =
      before.hasPassword && newPassword === undefined ? whyPasswordIsNeededAgain(before, fields, lending) : null;
    if (again) problems.push(again);
    if (problems.length > 0) throw new Refusal('validation_error', problems[0]!.message, { fields: problems });
    // What was checked is what is changed: when somebody saves in between, the check would be of other settings.
    const outcome = await store.change(params.id, before.version, fields, newPassword, callerName(caller));
    const settings = await unwrap(outcome, fields.name, keys);
    reply.header('etag', etagOf(settings));
    return settings;
  });

  route(deleteSmtpSettings, async ({ params }) => {
    refuseManaged(found(await store.read(params.id)));
    await store.remove(params.id);
    return undefined;
  });

  route(makeDefaultSmtpSettings, async ({ params, reply }) => {
    const settings = found(await store.makeDefault(params.id));
    reply.header('etag', etagOf(settings));
    return settings;
  });

  route(readSmtpSettingsUsage, async ({ params }) => {
    const { isDefault } = found(await store.read(params.id));
    const named = await store.waitingMail.count(params.id);
    const unnamed = isDefault ? await store.waitingMail.count('') : 0;
    return {
      data: [
        ...(await listTemplates(params.id)).map((name) => ({ kind: 'template', name })),
        ...(named > 0 ? [{ kind: 'mail', name: describeCount(named) }] : []),
        // It goes by those that become the default.
        ...(unnamed > 0 ? [{ kind: 'mail', name: `${describeCount(unnamed)} for the default settings` }] : []),
      ],
    };
  });
};

export const etagOf = (settings: SmtpSettings): string => `"${settings.version}"`;

function found(settings: SmtpSettings | null): SmtpSettings {
  if (!settings) throw new Refusal('not_found', 'There are no SMTP settings with this id; they may have been deleted.');
  return settings;
}

function refuseManaged(settings: SmtpSettings): void {
  if (settings.managedBy !== 'file') return;
  throw new Refusal(
    'conflict',
    `"${settings.name}" is managed by a file on the server: change it there and restart Postern.`,
  );
}

function refuseVersion(current: SmtpSettings): never {
  throw new Refusal(
    'version_conflict',
    `Somebody else (${current.updatedBy}) saved these settings in the meantime. Look at "current", and send your change again with If-Match: ${etagOf(current)}.`,
    { current, headers: { etag: etagOf(current) } },
  );
}

async function unwrap(outcome: WriteOutcome, name: string, keys: PasswordKeys): Promise<SmtpSettings> {
  switch (outcome.outcome) {
    case 'saved':
      return outcome.settings;
    case 'version-conflict':
      return refuseVersion(outcome.current);
    case 'not-found':
      return found(null);
    case 'closed':
      throw new Refusal('sending_closed', (await keys.closedBecause()) ?? 'The password cannot be sealed now.');
    case 'name-taken': {
      const message = `There already are SMTP settings named "${name}". Choose another name.`;
      throw new Refusal('conflict', message, { fields: [{ path: 'name', code: 'taken', message }] });
    }
  }
}
