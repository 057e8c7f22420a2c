/**
 * One crash proof: mail comes in while the program dies again and again; afterwards everything that waits is let go, and
 * the checker holds what was acknowledged, what the server took and what the database says against each other.
 *
 * Between the lives no time is skipped. At the end it is (letTimePass), while nothing runs: nobody waits five minutes for
 * the retry of an uncertain message.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Database, DatabaseAddress } from '../../server/database/open.ts';
import { checkHistory } from './check-history.ts';
import { openDriver } from './driver.ts';
import { readLines } from './durable-lines.ts';
import { type Acknowledged, type Fault, type History, isTaken, type Submitted, type Truth } from './history.ts';
import { allDeaths, type DeathKind, describeDeath, planDeaths } from './nemesis.ts';
import { layOutNodes, type Nodes, setUpSending } from './nodes.ts';
import { countActive, countQueued, letTimePass, readLedger, withDatabase } from './read-ledger.ts';
import { startTruthServer } from './start-truth-server.ts';

export interface CrashPlan {
  seed: number;
  messages: number;
  deaths: number;
  /** All there are, where none are named. */
  kinds?: readonly DeathKind[];
  /** Whether the server it sends to is always well. */
  isServerWell?: boolean;
  nodes: number;
  /** The node that died last stays away: its leases run out, in real time, and the other one takes up what it had. */
  isTakenOver?: boolean;
}

export interface CrashReport {
  faults: Fault[];
  /** What all parties wrote; kept where there are faults. */
  folder: string;
  figures: {
    acknowledged: number;
    /** Requests that got no answer, or none that counts. */
    failedRequests: number;
    /** By kind. */
    deaths: Record<string, number>;
    /** Points that a life did not reach; it was killed from outside. */
    missedPoints: number;
    /** Recipients whom the server has taken the message for. */
    taken: number;
    /** Beyond the first, all of them named. */
    furtherCopies: number;
    uncertainAttempts: number;
    /** Lines that the truth server broke after the dot, messages. */
    cuts: number;
    /** Held because they were being sent in three deaths, and let go at the end. */
    released: number;
    seconds: number;
  };
}

const lanes = 12;
const oddShares = { cut: 0.04, refusedAtDot: 0.04 };
const noShares = { cut: 0, refusedAtDot: 0 };
const pointLimitMs = 4000;
const mostRounds = 12;
/** A lease's 60 seconds, and the 30 until the other looks for lost ones, with room. */
const takeOverLimitMs = 150_000;

/** @param place of an empty PostgreSQL; SQLite stands in the node's data folder, wherever this points. */
export async function proveCrashSafety(plan: CrashPlan, place: DatabaseAddress): Promise<CrashReport> {
  const startedAt = performance.now();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-crash-'));
  const file = (name: string) => path.join(folder, `${name}.jsonl`);
  const shares = { ...(plan.isServerWell ? noShares : oddShares), seed: plan.seed };
  const truth = await startTruthServer({ file: file('truth'), shares });
  const nodes = await layOutNodes(folder, plan.nodes, place.kind === 'postgres' ? place : null);
  try {
    await nodes.start(0);
    const authorization = await setUpSending(nodes.urls[0] as string, truth.port);
    if (plan.nodes === 1) await nodes.stop(0);
    const driver = openDriver({
      seed: plan.seed,
      urls: nodes.urls,
      whenUp: nodes.whenUp,
      authorization,
      submittedFile: file('submitted'),
      acknowledgedFile: file('acknowledged'),
      lanes,
    });
    const deaths: Record<string, number> = {};
    const portion = Math.ceil(plan.messages / (plan.deaths + 1));
    const submissions: Promise<void>[] = [];
    const submit = (place: number) => {
      const from = place * portion;
      submissions.push(driver.submit(from, Math.max(0, Math.min(portion, plan.messages - from))));
      submissions.at(-1)?.catch(() => {});
    };
    let missedPoints = 0;
    for (const [place, death] of planDeaths(plan.seed, plan.kinds ?? allDeaths, plan.deaths, portion).entries()) {
      // Where there are two, the first one lives through all of it.
      const node = plan.nodes - 1;
      await nodes.start(node, death);
      submit(place);
      if (death.kind === 'point') {
        if (!(await nodes.hasDied(node, pointLimitMs))) missedPoints += 1;
        await nodes.kill(node);
      } else {
        await wait(death.afterMs);
        await nodes[death.kind === 'stop' ? 'stop' : 'kill'](node);
      }
      deaths[describeDeath(death)] = (deaths[describeDeath(death)] ?? 0) + 1;
    }
    if (!plan.isTakenOver) await nodes.startAll();
    submit(plan.deaths);
    await Promise.all(submissions);
    await driver.stop();
    if (plan.isTakenOver) await withDatabase(nodes.database, (database) => waitUntilQuiet(database, takeOverLimitMs));
    await settle(nodes, plan.messages);
    const released = await releaseHeld(nodes, authorization);
    if (released > 0) await settle(nodes, plan.messages);

    const history: History = {
      submitted: readLines<Submitted>(file('submitted')),
      acknowledged: readLines<Acknowledged>(file('acknowledged')),
      truth: readLines<Truth>(file('truth')),
      ledger: await withDatabase(nodes.database, readLedger),
    };
    const faults = checkHistory(history);
    const report = {
      faults,
      folder,
      figures: { deaths, missedPoints, released, ...count(history, driver.figures.failed, startedAt) },
    };
    if (faults.length === 0) rmSync(folder, { recursive: true, force: true });
    return report;
  } catch (error) {
    throw new Error(
      `${(error as Error).message}\nseed ${plan.seed}, everything in ${folder}\n${nodes.readOutput().slice(-3000)}`,
      { cause: error },
    );
  } finally {
    await nodes.killAll();
    await truth.stop();
  }
}

/** Lets everything that waits leave, in as many rounds as retries need. @throws when something stays. */
async function settle(nodes: Nodes, messages: number): Promise<void> {
  for (let round = 1; round <= mostRounds; round += 1) {
    await nodes.stopAll();
    const left = await withDatabase(nodes.database, async (database) => {
      await letTimePass(database);
      return countQueued(database);
    });
    if (left === 0) return;
    await nodes.startAll();
    await withDatabase(nodes.database, (database) => waitUntilQuiet(database, 20_000 + messages * 5));
  }
  throw new Error(`after ${mostRounds} rounds mail still waits`);
}

/** As a person would, once everything else has left. @returns how many */
async function releaseHeld(nodes: Nodes, authorization: string): Promise<number> {
  const held = await withDatabase(nodes.database, ({ query }) =>
    query.selectFrom('recipient').select('message_id as id').distinct().where('state', '=', 'held').execute(),
  );
  if (held.length === 0) return 0;
  await nodes.start(0);
  for (const { id } of held) {
    const answer = await fetch(`${nodes.urls[0]}/api/v1/emails/${id}/release`, {
      method: 'POST',
      headers: { authorization },
    });
    if (answer.status !== 200) throw new Error(`${id} cannot be released: ${answer.status} ${await answer.text()}`);
  }
  return held.length;
}

/** @throws when something that could leave does not. */
async function waitUntilQuiet(database: Database, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  for (let quiet = 0; quiet < 3; await wait(40)) {
    const active = await countActive(database);
    quiet = active === 0 ? quiet + 1 : 0;
    if (performance.now() > until) throw new Error(`${active} messages do not leave`);
  }
}

function count({ acknowledged, truth, ledger }: History, failedRequests: number, startedAt: number) {
  const taken = truth.filter(({ verdict }) => isTaken(verdict)).map(({ id, rcpt }) => `${id} ${rcpt}`);
  const cuts = truth.filter(({ verdict }) => verdict.endsWith('-cut'));
  return {
    acknowledged: new Set(acknowledged.map(({ id }) => id)).size,
    failedRequests,
    taken: new Set(taken).size,
    furtherCopies: taken.length - new Set(taken).size,
    uncertainAttempts: ledger.attempts.filter(({ outcome }) => outcome === 'uncertain').length,
    cuts: new Set(cuts.map(({ id }) => id)).size,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}
