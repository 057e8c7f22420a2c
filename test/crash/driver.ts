/**
 * Submits mail and keeps account of it: what it is about to ask for is written down before the request leaves, what was
 * acknowledged before it is counted, both on the disk. A request that got no answer, or was told to come back, is made
 * again with the same Idempotency-Key until it is acknowledged; some are given up, and some are asked for twice.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type DurableLines, openDurableLines } from './durable-lines.ts';
import type { Acknowledged, Submitted } from './history.ts';
import { drawFor, openSeededRandom } from './seeded.ts';
import { type AddressKind, toAddress, toSubject } from './truth-rules.ts';

export interface DriverOptions {
  seed: number;
  /** Of the nodes; where one does not answer the next is asked. */
  urls: string[];
  /** Asking while nobody is there would only take the machine from those who start. */
  whenUp: () => Promise<void>;
  /** `Bearer …` */
  authorization: string;
  submittedFile: string;
  acknowledgedFile: string;
  /** Requests under way at a time. */
  lanes: number;
}

export interface Driver {
  /** Resolves when each of these is acknowledged, or given up. @param from the number of the first message */
  submit: (from: number, count: number) => Promise<void>;
  /** Nothing is asked again after it. */
  stop: () => Promise<void>;
  /** Requests that were answered with 2xx, and tries that were not. */
  figures: { answered: number; failed: number };
}

const patienceMs = 15;
/** Of messages: asked for once whatever comes back, twice at the same time, once more after the acknowledgement. */
const shares = { givenUp: 0.04, atOnce: 0.1, repeated: 0.1 };
const attachment = Buffer.from('The same terms for everybody.\n'.repeat(400)).toString('base64');

export const toId = (number: number): string => `m${number}`;

export function openDriver(options: DriverOptions): Driver {
  const submitted = openDurableLines<Submitted>(options.submittedFile);
  const acknowledged = openDurableLines<Acknowledged>(options.acknowledgedFile);
  const figures = { answered: 0, failed: 0 };
  let isStopped = false;
  let turn = 0;

  const ask = async (id: string, email: object): Promise<string | null> => {
    turn += 1;
    const url = options.urls[turn % options.urls.length];
    const response = await fetch(`${url}/api/v1/emails`, {
      method: 'POST',
      headers: { authorization: options.authorization, 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify(email),
    });
    const text = await response.text();
    if (response.status === 200) return (JSON.parse(text) as { id: string }).id;
    if (response.status === 429 || response.status === 503) return null;
    throw new RefusedError(`${id}: ${response.status} ${text}`);
  };

  /** Until it is acknowledged. @param tries how often it is asked for at most */
  const askUntilAcknowledged = async (id: string, email: object, tries: number) => {
    for (let done = 0; done < tries && !isStopped; done += 1) {
      const messageId = await ask(id, email).catch((error: unknown) => {
        if (error instanceof RefusedError) throw error;
        return null;
      });
      if (messageId !== null) {
        await acknowledged.add({ id, messageId });
        figures.answered += 1;
        return;
      }
      figures.failed += 1;
      await wait(patienceMs);
      await options.whenUp();
    }
  };

  const submitOne = async (number: number) => {
    const id = toId(number);
    const email = makeEmail(options.seed, number);
    await submitted.add({ id, recipients: [...email.to, ...email.cc] });
    const drawn = drawFor(options.seed, `submit ${id}`);
    const again = () => askUntilAcknowledged(id, email, Number.POSITIVE_INFINITY);
    if (drawn < shares.givenUp) await askUntilAcknowledged(id, email, 1);
    else if (drawn < shares.givenUp + shares.atOnce) await Promise.all([again(), again()]);
    else await again();
    if (drawn > 1 - shares.repeated) await again();
  };

  return {
    figures,
    submit: async (from, count) => {
      let next = from;
      const work = async () => {
        while (next < from + count && !isStopped) await submitOne(next++);
      };
      await Promise.all(Array.from({ length: options.lanes }, work));
    },
    stop: async () => {
      isStopped = true;
      await close(submitted, acknowledged);
    },
  };
}

/** The program said no to something that it must take: a fault of the harness or of the program, never of a crash. */
class RefusedError extends Error {}

async function close(...files: DurableLines<never>[]): Promise<void> {
  for (const file of files) await file.close();
}

/** Most for one recipient; some for several who fare differently, some with an attachment that many share. */
function makeEmail(seed: number, number: number) {
  const id = toId(number);
  const random = openSeededRandom(seed * 1_000_003 + number);
  const hasSeveral = random() < 0.15;
  const kinds: AddressKind[] = hasSeveral ? ['ok', 'no', 'grey'] : [random() < 0.05 ? 'grey' : 'ok'];
  const [first, ...rest] = kinds.map((kind, place) => toAddress(kind, id, place));
  return {
    from: 'Crash <crash@postern.test>',
    to: [first as string],
    cc: rest,
    subject: toSubject(id),
    text: `This is ${id}.\n\n.\n..a line that begins with dots\n${'x'.repeat(Math.floor(random() * 3000))}\n`,
    lane: random() < 0.1 ? 'urgent' : random() < 0.5 ? 'normal' : 'bulk',
    ...(random() < 0.1 && { attachments: [{ filename: 'terms.txt', content: attachment }] }),
  };
}
