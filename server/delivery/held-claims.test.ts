import { beforeEach, describe, expect, it } from 'vitest';
import type { ClaimedMessage } from '../queue/queue.ts';
import { holdClaims } from './held-claims.ts';

const claimed = (id: string, token = 1): ClaimedMessage => ({
  id,
  token,
  lane: 'normal',
  settingsId: null,
  mailFrom: 'hub@example.com',
  messageId: '<1@example.com>',
  sizeBytes: 1,
  isSecret: false,
  holdsUncertain: false,
  expiresAt: 9,
  createdAt: token,
  attempts: 0,
  recipients: [],
  attempt: null,
  content: null,
});
const request = { settingsIds: [''], limit: 10, onlyUrgent: false };

describe('the claims of a process', () => {
  let said: string[];
  let answer: () => Promise<ClaimedMessage[]>;
  let isAway: boolean;
  let now: number;
  const open = () =>
    holdClaims({
      owner: 'node-1',
      now: () => now,
      queue: {
        claim: ({ owner }) => {
          said.push(`claim ${owner}`);
          return answer();
        },
        giveBack: async (claims, readyAt) => {
          if (isAway) throw new Error('away');
          said.push(`give back ${claims.map(({ id }) => id)} at ${readyAt}`);
        },
        renewLeases: async (owner) => void said.push(`renew ${owner}`),
      },
    });
  beforeEach(() => {
    said = [];
    isAway = false;
    now = 5;
    answer = async () => [claimed('a')];
  });

  it('are renewed while they are held, and asked for by nobody afterwards', async () => {
    const claims = open();
    await claims.renew();
    const [message] = await claims.claim(request);
    await claims.renew();
    claims.release(message as ClaimedMessage);
    await claims.renew();
    expect(said).toEqual(['claim node-1', 'renew node-1']);
  });

  it('whose answer was lost run out, while those that are held are renewed', async () => {
    const claims = open();
    const [first] = await claims.claim(request);
    answer = () => Promise.reject(new Error('the connection broke'));
    await expect(claims.claim(request)).rejects.toThrow('broke');
    answer = async () => [claimed('b')];
    await claims.claim(request);
    await claims.renew();
    claims.release(first as ClaimedMessage);
    await claims.renew();
    expect(said.slice(1)).toEqual([
      'claim node-1',
      'claim node-1#1',
      'renew node-1',
      'renew node-1#1',
      'renew node-1#1',
    ]);
  });

  it('that cannot be given back run out', async () => {
    const claims = open();
    const messages = await claims.claim(request);
    isAway = true;
    await expect(claims.giveBack(messages)).rejects.toThrow('away');
    await claims.renew();
    expect(said).toEqual(['claim node-1']);
  });

  it('go back as due, not behind those that came later', async () => {
    const claims = open();
    answer = async () => [claimed('a', 3), claimed('b', 4)];
    await claims.giveBack(await claims.claim(request));
    await claims.giveBack([]);
    expect(said.slice(1)).toEqual(['give back a,b at 4']);
  });

  it('go back as due also when the clock was set back behind their beginning', async () => {
    const claims = open();
    now = 3;
    answer = async () => [claimed('a', 3), claimed('b', 4)];
    await claims.giveBack(await claims.claim(request));
    expect(said.slice(1)).toEqual(['give back a,b at 3']);
  });

  it('of a message that came back at once are not lost with the end of its last attempt', async () => {
    const claims = open();
    const [before] = await claims.claim(request);
    answer = async () => [claimed('a', 2)];
    await claims.claim(request);
    claims.release(before as ClaimedMessage);
    await claims.renew();
    expect(said.at(-1)).toBe('renew node-1');
  });

  it('that came without one are renewed like others', async () => {
    const claims = open();
    const lease = claims.lease();
    expect(lease).toEqual({ owner: 'node-1', leasedUntil: 60_005 });
    const message = claimed('a');
    claims.hold(message, lease);
    await claims.renew();
    claims.release(message);
    await claims.renew();
    expect(said).toEqual(['renew node-1']);
  });

  it('of which nobody knows whether they are in the database are not renewed with those that are', async () => {
    const claims = open();
    const message = claimed('a');
    claims.hold(message, claims.lease());
    claims.lose();
    expect(claims.lease().owner).toBe('node-1#1');
    claims.release(message);
    await claims.renew();
    expect(said).toEqual([]);
  });

  it('may be lost once a lease has passed since they were made, or renewed', async () => {
    const claims = open();
    const [message] = (await claims.claim(request)) as [ClaimedMessage];
    now = 60_004;
    expect(claims.mayBeLost(message)).toBe(false);
    now = 60_005;
    expect(claims.mayBeLost(message)).toBe(true);
    await claims.renew();
    expect(claims.mayBeLost(message)).toBe(false);
    now = 120_005;
    expect(claims.mayBeLost(message)).toBe(true);
    claims.release(message);
    now = 0;
    expect(claims.mayBeLost(message)).toBe(true);
  });

  it('are not asked for where nobody may send', async () => {
    expect(await open().claim({ ...request, settingsIds: [] })).toEqual([]);
    expect(said).toEqual([]);
  });
});
