import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { addAccessRoutes } from '../access/access.routes.ts';
import { addApiKeyRoutes } from '../access/api-key.routes.ts';
import { openGate } from '../access/gate.ts';
import { prepareFirstRun } from '../access/prepare-first-run.ts';
import { openSessionStore } from '../access/session.store.ts';
import { openSignInLimits } from '../access/sign-in-limits.ts';
import { openPasswordReset } from '../person/password-reset.ts';
import { addPersonRoutes } from '../person/person.routes.ts';
import { addPersonLinkRoutes } from '../person/person-link.routes.ts';
import { type SendPersonMail, toEmailInput } from '../person/person-mail.ts';
import { openPersonNotices } from '../person/person-notices.ts';
import { addProfileRoutes } from '../person/profile.routes.ts';
import type { Router } from '../platform/http.ts';
import { openChallengeStore } from '../second-factor/challenge.store.ts';
import { addSecondFactorRoutes } from '../second-factor/second-factor.routes.ts';
import { openSecondFactorStore } from '../second-factor/second-factor.store.ts';
import { addSecondStepRoutes } from '../second-factor/second-step.routes.ts';
import { beginSecondStep } from '../second-factor/second-step.ts';
import type { Submit } from '../submission/submit-message.ts';
import type { Core } from './core.ts';

/** Who may come in: the first run, sessions, second factors, keys, and the gate before every endpoint. */
export const composePeople = async (core: Core, logger: Logger) => {
  const { config, clock, database, passwordKeys, people, apiKeys } = core;
  const { firstRun, created, warning } = await prepareFirstRun(people, config.firstAdministrator, clock);
  if (created) logger.info(`created the administrator ${created}`);
  if (warning) logger.warn(warning);
  const { publicUrl } = config;
  const isHttps = publicUrl.startsWith('https:');
  const sessions = openSessionStore(database);
  const entry = { sessions, limits: openSignInLimits(clock), publicUrl, isHttps, clock };
  const factors = openSecondFactorStore(database, passwordKeys);
  const challenges = openChallengeStore(database);
  return {
    gate: openGate({ sessions, apiKeys, clock, isHttps }),
    /** Opens the first run; null once somebody exists. */
    firstRunPath: firstRun?.path ?? null,
    addRoutes: (router: Router, submit: Submit) => {
      const secondStep = { ...entry, factors, challenges, people };
      addAccessRoutes(router, {
        ...{ ...entry, people, firstRun },
        beginSecondStep: (id, origin) => beginSecondStep(secondStep, id, origin),
      });
      addSecondStepRoutes(router, secondStep);
      addSecondFactorRoutes(router, secondStep);
      const mail = { ...entry, ...composePersonMail(core, logger, submit), people: core.persons };
      addPersonRoutes(router, mail);
      addPersonLinkRoutes(router, mail);
      addProfileRoutes(router, { ...mail, accounts: people });
      addApiKeyRoutes(router, apiKeys, clock);
    },
  };
};

/** Links and notices for the people of this installation; they go out by its own queue. */
const composePersonMail = (
  { people, smtpSettings, personLinks: links, clock, config }: Core,
  logger: Logger,
  submit: Submit,
) => {
  const send: SendPersonMail = async (mail) => {
    const submission = { emails: [toEmailInput(mail)], key: null, callerId: 'postern', submittedBy: 'Postern' };
    const outcome = await submit(submission);
    if (outcome.outcome === 'unavailable') return { ok: false, why: outcome.problem };
    if (outcome.outcome !== 'refused') return { ok: true };
    return { ok: false, why: outcome.refusals[0]?.problems[0]?.message ?? 'it was refused' };
  };
  const onFault = (error: unknown) => logger.error({ err: error }, 'mail to a person');
  const common = { people, links, send, publicUrl: config.publicUrl, clock, onFault };
  return {
    links,
    send,
    canSendMail: async () => (await smtpSettings.directory.readDefault()) !== null,
    passwordReset: openPasswordReset({ ...common, breathe: () => setImmediate() }),
    notices: openPersonNotices(common),
  };
};
