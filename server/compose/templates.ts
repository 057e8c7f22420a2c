import { readFileSync } from 'node:fs';
import type { TemplateUse } from '../../contracts/submission.ts';
import { addBrandingRoutes } from '../branding/branding.routes.ts';
import { openBrandingStore } from '../branding/branding.store.ts';
import type { Router } from '../platform/http.ts';
import type { Submit } from '../submission/submit-message.ts';
import { builtInUses, readBuiltIns } from '../template/built-in-templates.ts';
import { openShownPreviews } from '../template/shown-previews.ts';
import { addTemplateRoutes } from '../template/template.routes.ts';
import { openTemplateStore } from '../template/template.store.ts';
import { openTemplateRunner, runnerLimits } from '../template/template-runner.worker.ts';
import { useTemplate } from '../template/use-template.ts';
import type { Core } from './core.ts';

/** With MJML it holds 70 MB, and it starts in a second: as long as somebody may think between two looks at a preview. */
const compilerIdleMs = 60_000;

/** Templates, and how a submission is made of them. Their processes start when they are first needed. */
export const composeTemplates = async ({ database, clock, smtpSettings }: Core) => {
  const folder = new URL('../template/built-in/', import.meta.url);
  const builtIns = readBuiltIns((file) => readFileSync(new URL(file, folder), 'utf8'));
  const store = openTemplateStore(database, clock);
  await store.bring(builtIns);
  const branding = openBrandingStore(database, clock);
  const runner = openTemplateRunner('render');
  const compiler = openTemplateRunner('compile', { ...runnerLimits, idleMs: compilerIdleMs });
  const shown = openShownPreviews(clock);
  const renderer = { render: (use: TemplateUse) => useTemplate(use, { store, branding, runner, compiler }) };
  const parts = { store, branding, compiler, builtIns, usedBy: builtInUses, shown, renderer };
  return {
    store,
    branding,
    shown,
    renderer,
    addRoutes: (router: Router, submit: Submit) => {
      addTemplateRoutes(router, { ...parts, settings: smtpSettings.directory, submit });
      addBrandingRoutes(router, branding);
    },
    close: () => Promise.all([runner.close(), compiler.close()]),
  };
};
export type Templates = Awaited<ReturnType<typeof composeTemplates>>;
