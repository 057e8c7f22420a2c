/** The versions of a template: whatever is saved is a new one, and none is ever changed. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { pageOf, Time } from './page.ts';
import { Template, TemplateContent, templateParams, templatePath, templateTag } from './template.ts';

const read = { role: 'viewer', scope: 'read' } as const;
const write = { role: 'administrator', scope: 'admin' } as const;

export const TemplateVersionSummary = z.object({
  version: z.number().int(),
  name: z.string(),
  subject: z.string(),
  created_at: Time,
  created_by: z.string(),
  /** How it came about: `created`, `changed`, `restored from 3`, `reset`, `duplicated from invoice`. */
  reason: z.string(),
});
export type TemplateVersionSummary = z.infer<typeof TemplateVersionSummary>;

export const TemplateVersion = TemplateVersionSummary.extend({ content: TemplateContent });

export const listTemplateVersions = defineEndpoint({
  method: 'GET',
  path: `${templatePath}/:id/versions`,
  tag: templateTag,
  summary: 'The versions of a template, newest first',
  access: read,
  params: templateParams,
  query: z.object({
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  status: 200,
  reply: pageOf(TemplateVersionSummary),
});

const versionParams = templateParams.extend({ version: z.coerce.number().int().positive() });

export const readTemplateVersion = defineEndpoint({
  method: 'GET',
  path: `${templatePath}/:id/versions/:version`,
  tag: templateTag,
  summary: 'One version with its content; two of them make a comparison',
  access: read,
  params: versionParams,
  status: 200,
  reply: TemplateVersion,
});

export const restoreTemplateVersion = defineEndpoint({
  method: 'POST',
  path: `${templatePath}/:id/versions/:version/restore`,
  tag: templateTag,
  summary: 'Make an older version the newest',
  access: write,
  params: versionParams,
  status: 200,
  reply: Template,
});
