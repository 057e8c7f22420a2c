/** HTTP for templates: the editor, its previews and tests, and programs. What a message is made of: use-template.ts. */
import type { FastifyReply } from 'fastify';
import type { BrandingChanges } from '../../contracts/branding.ts';
import { EmailInput } from '../../contracts/submission.ts';
import {
  changeTemplate,
  createTemplate,
  deleteTemplate,
  duplicateTemplate,
  listTemplates,
  readTemplate,
  readTemplateUsage,
  resetTemplate,
  type Template,
  TemplateContent,
} from '../../contracts/template.ts';
import {
  previewTemplateDraft,
  previewTemplate as previewTemplateEndpoint,
  readTemplatePreviewHtml,
  sendTemplateTest,
  toFieldProblem,
} from '../../contracts/template-preview.ts';
import { listTemplateVersions, readTemplateVersion, restoreTemplateVersion } from '../../contracts/template-version.ts';
import { layOver } from '../branding/brand-values.ts';
import type { BrandingStore } from '../branding/branding.store.ts';
import { sendForeignHtml } from '../platform/foreign-content.ts';
import { type Caller, callerName, parseOrRefuse, type Router } from '../platform/http.ts';
import { readIfMatch } from '../platform/if-match.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import type { SettingsDirectory } from '../submission/choose-settings.ts';
import type { Submit, SubmitOutcome } from '../submission/submit-message.ts';
import { compileContent } from './compile-content.ts';
import { previewTemplate, withSamples } from './preview-template.ts';
import type { ShownPreviews } from './shown-previews.ts';
import type { BroughtTemplate, ReadTemplate, TemplateStore, TemplateWrite } from './template.store.ts';
import type { StoredTexts } from './template-row.ts';
import type { TemplateRunner } from './template-runner.worker.ts';

export interface TemplateRouteParts {
  store: TemplateStore;
  branding: BrandingStore;
  settings: SettingsDirectory;
  compiler: TemplateRunner;
  builtIns: readonly BroughtTemplate[];
  /** What of Postern sends by a built-in template. */
  usedBy: Readonly<Record<string, string>>;
  shown: ShownPreviews;
  submit: Submit;
}

const path = '/api/v1/templates';

export const addTemplateRoutes = ({ route }: Router, parts: TemplateRouteParts): void => {
  const { store, branding, settings, compiler, builtIns, usedBy, shown, submit } = parts;

  const read = async (id: string) => {
    const template = await store.read(id);
    if (!template) throw new Refusal('not_found', 'There is no template with this id; it may have been deleted.');
    return template;
  };
  const readVersion = async (id: string, version: number) => {
    const found = await store.readVersion(id, version);
    if (!found) throw new Refusal('not_found', 'This template has no such version.');
    return found;
  };
  const show = async ({ summary, stored }: ReadTemplate, reply: FastifyReply): Promise<Template> => {
    reply.header('etag', `"${summary.version}"`);
    const id = stored.content.smtp_settings_id;
    const named = id === null ? null : await settings.read(id);
    return { ...stored.content, ...summary, smtp_settings: named && { id: named.id, name: named.name } };
  };
  const showWritten = (outcome: TemplateWrite, key: string, reply: FastifyReply) => show(unwrap(outcome, key), reply);

  /** Everything that makes a template unfit to be saved. */
  const compile = async (content: TemplateContent): Promise<StoredTexts> => {
    const { texts, problems } = await compileContent(content, compiler);
    const fields = problems.filter(({ severity }) => severity === 'error').map(toFieldProblem);
    if (content.smtp_settings_id !== null && !(await settings.read(content.smtp_settings_id))) {
      const message = 'There are no SMTP settings with this id. Choose others, or null for the default ones.';
      fields.push({ path: 'smtp_settings_id', code: 'unknown', message });
    }
    if (!texts || fields.length > 0) throw new Refusal('validation_error', fields[0]!.message, { fields });
    return texts;
  };
  const preview = async (
    content: TemplateContent,
    {
      branding: unsaved,
      ...filling
    }: Parameters<typeof previewTemplate>[1] & { branding?: BrandingChanges | undefined },
  ) =>
    previewTemplate(content, filling, {
      runner: compiler,
      branding: layOver(await branding.read(), unsaved),
      settings,
      show: (html) => `${path}/previews/${shown.keep(html)}`,
    });

  route(listTemplates, ({ query }) => store.list({ ...query, cursor: query.cursor }));

  route(createTemplate, async ({ body: { key, ...content }, caller, reply }) => {
    const texts = await compile(content);
    const outcome = await store.create(key, { content, texts, reason: 'created', by: callerName(caller) });
    const template = await showWritten(outcome, key, reply);
    reply.header('location', `${path}/${template.id}`);
    return template;
  });

  route(readTemplate, async ({ params, reply }) => show(await read(params.id), reply));

  route(changeTemplate, async ({ params, body, caller, request, reply }) => {
    const { version: bodyVersion, ...changes } = body;
    const before = await read(params.id);
    const { version, key } = before.summary;
    if ((readIfMatch(request) ?? bodyVersion ?? version) !== version) refuseVersion(before);
    const content = parseOrRefuse(TemplateContent, { ...before.stored.content, ...changes });
    const texts = await compile(content);
    const written = { content, texts, reason: 'changed', by: callerName(caller) };
    return showWritten(await store.change(params.id, version, written), key, reply);
  });

  route(deleteTemplate, async ({ params }) => {
    const { summary } = await read(params.id);
    if (summary.is_built_in) {
      throw new Refusal('conflict', `"${summary.name}" comes with Postern, which needs it. Reset it instead.`);
    }
    await store.remove(params.id);
    return undefined;
  });

  route(readTemplateUsage, async ({ params }) => {
    const { summary } = await read(params.id);
    const name = usedBy[summary.key];
    return { data: summary.is_built_in && name ? [{ kind: 'postern', name }] : [] };
  });

  route(duplicateTemplate, async ({ params, body, caller, reply }) => {
    const { summary, stored } = await read(params.id);
    const content = { ...stored.content, name: body.name ?? `${stored.content.name} (copy)`.slice(-100) };
    const texts = stored.texts ?? (await compile(content));
    const reason = `duplicated from ${summary.key}`;
    const outcome = await store.create(body.key, { content, texts, reason, by: callerName(caller) });
    const template = await showWritten(outcome, body.key, reply);
    reply.header('location', `${path}/${template.id}`);
    return template;
  });

  route(resetTemplate, async ({ params, caller, reply }) => {
    const before = await read(params.id);
    const { key, name, version, is_changed } = before.summary;
    const brought = builtIns.find((one) => one.key === key);
    if (!before.summary.is_built_in || !brought) {
      throw new Refusal('conflict', `"${name}" does not come with Postern. Restore one of its versions instead.`);
    }
    if (!is_changed) return show(before, reply);
    const { content, texts } = brought;
    const written = { content, texts, reason: 'reset', by: callerName(caller) };
    return showWritten(await store.change(params.id, version, written, true), key, reply);
  });

  route(listTemplateVersions, async ({ params, query }) => {
    await read(params.id);
    return store.listVersions(params.id, { ...query, cursor: query.cursor });
  });

  route(readTemplateVersion, async ({ params }) => {
    const { stored, ...summary } = await readVersion(params.id, params.version);
    return { ...summary, content: stored.content };
  });

  route(restoreTemplateVersion, async ({ params, caller, reply }) => {
    const before = await read(params.id);
    const { stored } = await readVersion(params.id, params.version);
    const texts = await compile(stored.content);
    const reason = `restored from ${params.version}`;
    const written = { content: stored.content, texts, reason, by: callerName(caller) };
    const { version, key } = before.summary;
    return showWritten(await store.change(params.id, version, written), key, reply);
  });

  route(previewTemplateDraft, ({ body: { template, ...filling } }) => preview(template, filling));

  route(previewTemplateEndpoint, async ({ params, body: { version, ...filling } }) => {
    const { stored } = version === undefined ? await read(params.id) : await readVersion(params.id, version);
    return preview(stored.content, filling);
  });

  route(readTemplatePreviewHtml, async ({ params, query, reply }) => {
    const html = shown.find(params.preview);
    if (html === null) throw new Refusal('not_found', 'This preview is not kept any more. Make another one.');
    sendForeignHtml(reply, html, query.images === 'on');
    return undefined;
  });

  route(sendTemplateTest, async ({ params, body, caller }) => {
    const { stored } = await read(params.id);
    const to = body.to ?? ownAddress(caller);
    const email = EmailInput.parse({
      to,
      template: {
        id: stored.id,
        variables: withSamples(stored.content.variables, body.variables),
        ...(body.language !== undefined && { language: body.language }),
      },
      lane: 'urgent',
      tags: [{ name: 'test', value: 'template' }],
    });
    const outcome = await submit({
      emails: [email],
      key: null,
      callerId: `${caller.kind} ${caller.id}`,
      submittedBy: callerName(caller),
    });
    return { id: takeId(outcome), to };
  });
};

function ownAddress(caller: Caller): string {
  if (caller.kind === 'person') return caller.email;
  throw refuseField('to', 'required', 'Give the address that the test goes to: an API key has none.');
}

function takeId(outcome: SubmitOutcome): string {
  switch (outcome.outcome) {
    case 'accepted':
    case 'repeated':
      return outcome.ids[0]!;
    case 'refused': {
      const fields = outcome.refusals.flatMap(({ problems }) =>
        problems.map((problem) => ({ ...problem, path: problem.path.replace(/^template\./, '') })),
      );
      throw new Refusal('validation_error', fields[0]?.message ?? '', { fields });
    }
    case 'unavailable':
      throw new Refusal('unavailable', `Nothing was sent: ${outcome.problem} Try again.`, {
        headers: { 'retry-after': '5' },
      });
    case 'conflict':
      throw new Error('a test has no Idempotency-Key');
  }
}

function unwrap(outcome: TemplateWrite, key: string): ReadTemplate {
  switch (outcome.outcome) {
    case 'saved':
      return outcome.template;
    case 'version-conflict':
      return refuseVersion(outcome.current);
    case 'not-found':
      throw new Refusal('not_found', 'There is no template with this id; it may have been deleted.');
    case 'key-taken': {
      const message = `There already is a template with the key "${key}". Choose another key.`;
      throw new Refusal('conflict', message, { fields: [{ path: 'key', code: 'taken', message }] });
    }
  }
}

function refuseVersion({ summary, stored }: ReadTemplate): never {
  const etag = `"${summary.version}"`;
  throw new Refusal(
    'version_conflict',
    `Somebody else (${summary.updated_by}) saved this template in the meantime. Look at "current", and send your change again with If-Match: ${etag}.`,
    { current: { ...stored.content, ...summary, smtp_settings: null }, headers: { etag } },
  );
}
