/**
 * The one way in: HTTP, SMTP and screens end here. A submission is one email or a batch; all of it is accepted, or nothing.
 *
 * from: emails of the right shape (contracts/submission.ts). to: the accept store; nothing is answered before it is durable.
 * Policy: what a key has answered already is answered again before anything is checked, for a check made later may come
 * out differently (a time that has passed). Every fault of every email is told at once, with its field.
 * Invariant: Message-ID and bytes are fixed here, and an answer means that a power cut does not lose the mail.
 */
import type { FieldProblem } from '../../contracts/problem.ts';
import type { EmailInput } from '../../contracts/submission.ts';
import { findUnavailability } from '../database/unavailable.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/id.ts';
import type { AcceptedMessage, AcceptedSubmission, AcceptStore } from './accepted-message.ts';
import { type CheckedSubmission, checkSubmission } from './check-submission.ts';
import { type ChosenSettings, chooseSettings, type SettingsDirectory } from './choose-settings.ts';
import { composeSubmission } from './compose-submission.ts';
import { fillTemplates, type TemplateRenderer } from './fill-templates.ts';
import { identifySubmission } from './submission-key.ts';

export interface SubmitParts {
  store: AcceptStore;
  settings: SettingsDirectory;
  templates: TemplateRenderer;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  /** Lets others have the thread. */
  breathe: () => Promise<unknown>;
}

export interface Submission {
  /** Emptied as soon as they are composed: what waits for the disk should not keep them in memory. */
  emails: EmailInput[];
  /** Idempotency-Key; null: none was given. */
  key: string | null;
  /** Whose key it is: stays the same for a person or an API key. */
  callerId: string;
  /** An e-mail address, or `api key NAME`. */
  submittedBy: string;
  /** Of the messages, in the order of the emails, where the caller wrote them down beforehand; absent: new ones. */
  ids?: readonly string[];
}

export type SubmitOutcome =
  /** `ids` in the order of the emails. */
  | { outcome: 'accepted' | 'repeated'; ids: string[] }
  /** What is wrong with which email; at most about a hundred faults are listed. */
  | { outcome: 'refused'; refusals: EmailRefusal[] }
  | { outcome: 'conflict' }
  | { outcome: 'unavailable'; problem: string };

export interface EmailRefusal {
  /** Which of the emails, from 0. */
  place: number;
  problems: FieldProblem[];
}

/** A large batch is worked on in slices of about this, so that other callers are served between them. */
const sliceMs = 15;

/** Nobody reads more, and a program that repairs one fault at a time is not helped by thousands. */
const enoughFaults = 100;

/** As other rooms are handed it. */
export type Submit = (submission: Submission) => Promise<SubmitOutcome>;

export const submitMessage = async (parts: SubmitParts, submission: Submission): Promise<SubmitOutcome> => {
  try {
    return await submit(parts, submission);
  } catch (error) {
    // The store says so as a value; what is looked up on the way throws.
    const problem = findUnavailability(error);
    if (problem === null) throw error;
    return { outcome: 'unavailable', problem };
  }
};

async function submit(parts: SubmitParts, submission: Submission): Promise<SubmitOutcome> {
  const idempotency = identify(submission);
  const repeat = await findRepeat(parts.store, idempotency);
  if (repeat) return repeat;
  const forEach = openLoop(parts);
  const checked = await forEach(submission.emails, (email) => check(email, parts.clock));
  if (!checked.ok) return checked.refused;
  const filled = await fillTemplates(checked.all, parts.templates);
  if (!filled.ok) return { outcome: 'refused', refusals: filled.refusals };
  const chosen = await chooseAll(parts.settings, filled.all);
  const { submittedBy, ids } = submission;
  const composed = await forEach(filled.all, (email, place) =>
    compose(email, chosen, { submittedBy, id: ids?.[place] }, parts.clock),
  );
  if (!composed.ok) return composed.refused;
  submission.emails.length = 0;
  checked.all.length = 0;
  return parts.store.accept({ messages: composed.all, idempotency });
}

type Step<T> = { ok: true; value: T } | { ok: false; problems: FieldProblem[] };
type AllSteps<T> = { ok: true; all: T[] } | { ok: false; refused: SubmitOutcome };
type Choices = ReadonlyMap<string | null, ChosenSettings>;

function identify({ key, callerId, emails }: Submission): AcceptedSubmission['idempotency'] {
  return key === null ? null : identifySubmission(callerId, key, emails);
}

async function findRepeat(
  store: AcceptStore,
  idempotency: AcceptedSubmission['idempotency'],
): Promise<SubmitOutcome | null> {
  const known = idempotency && (await store.findRepeat(idempotency.keyHash));
  if (!known) return null;
  return known.bodyHash === idempotency.bodyHash ? { outcome: 'repeated', ids: known.ids } : { outcome: 'conflict' };
}

function check(email: EmailInput, clock: SubmitParts['clock']): Step<CheckedSubmission> {
  const result = checkSubmission(email, clock.now());
  return result.ok ? { ok: true, value: result.checked } : result;
}

/** Each name is looked up once. */
async function chooseAll(directory: SettingsDirectory, all: readonly CheckedSubmission[]): Promise<Choices> {
  const choices = new Map<string | null, ChosenSettings>();
  for (const { settings } of all) {
    if (!choices.has(settings)) choices.set(settings, await chooseSettings(directory, settings));
  }
  return choices;
}

function compose(
  email: CheckedSubmission,
  choices: Choices,
  { submittedBy, id }: { submittedBy: string; id: string | undefined },
  clock: SubmitParts['clock'],
): Step<AcceptedMessage> {
  const chosen = choices.get(email.settings)!;
  if (!chosen.ok) return { ok: false, problems: [chosen.problem] };
  const { settings, isNamed } = chosen;
  const now = clock.now();
  const composed = composeSubmission(email, { settings, isNamed, id: id ?? newId('msg', now), now, submittedBy });
  return composed.ok ? { ok: true, value: composed.message } : { ok: false, problems: [composed.problem] };
}

/** Works on one email after the other, and lets other callers be served in between. */
function openLoop({ clock, breathe }: SubmitParts) {
  let sliceEnd = clock.monotonic() + sliceMs;
  return async <T, R>(items: readonly T[], work: (item: T, place: number) => Step<R>): Promise<AllSteps<R>> => {
    const all: R[] = [];
    const refusals: EmailRefusal[] = [];
    let faults = 0;
    for (const [place, item] of items.entries()) {
      if (place > 0 && clock.monotonic() > sliceEnd) {
        await breathe();
        sliceEnd = clock.monotonic() + sliceMs;
      }
      const step = work(item, place);
      if (step.ok) {
        all.push(step.value);
        continue;
      }
      refusals.push({ place, problems: step.problems });
      faults += step.problems.length;
      if (faults >= enoughFaults) break;
    }
    return refusals.length === 0 ? { ok: true, all } : { ok: false, refused: { outcome: 'refused', refusals } };
  };
}
