import { describe, expect, it } from 'vitest';
import { openBodyRoom, roomBytes, smallBytes } from './body-room.ts';

const half = roomBytes / 2;
const turn = () => new Promise(setImmediate);

describe('room for large bodies', () => {
  const open = () => {
    const room = openBodyRoom();
    const inside = new Map<string, () => void>();
    const refused: string[] = [];
    const enter = (name: string, bytes: number, signal = new AbortController().signal) =>
      void room.enter(bytes, signal).then((leave) => (leave ? inside.set(name, leave) : refused.push(name)));
    const leave = async (name: string) => {
      inside.get(name)?.();
      inside.delete(name);
      await turn();
      return [...inside.keys()];
    };
    return { enter, leave, inside, refused };
  };

  it('lets in as many as fit, in the order they came, and the next when one has left', async () => {
    const { enter, leave, inside } = open();
    for (const name of ['a', 'b', 'c']) enter(name, half);
    enter('d', smallBytes + 1);
    await turn();
    expect([...inside.keys()]).toEqual(['a', 'b']);
    expect(await leave('a')).toEqual(['b', 'c']);
    expect(await leave('b')).toEqual(['c', 'd']);
  });

  it('never keeps small ones waiting, and lets the largest in alone', async () => {
    const { enter, leave, inside } = open();
    enter('a', half);
    enter('huge', 10 * roomBytes);
    enter('small', smallBytes);
    await turn();
    expect([...inside.keys()].toSorted()).toEqual(['a', 'small']);
    expect((await leave('a')).toSorted()).toEqual(['huge', 'small']);
  });

  it('goes on without those who gave up waiting', async () => {
    const { enter, leave, inside, refused } = open();
    const gone = new AbortController();
    enter('a', half);
    enter('b', roomBytes, gone.signal);
    enter('c', half);
    await turn();
    expect([...inside.keys()]).toEqual(['a']);
    gone.abort();
    await turn();
    expect([refused, [...inside.keys()]]).toEqual([['b'], ['a', 'c']]);
    enter('d', roomBytes, gone.signal);
    await turn();
    expect(refused).toEqual(['b', 'd']);
    await leave('a');
    expect(await leave('c')).toEqual([]);
    enter('e', roomBytes);
    await turn();
    expect([...inside.keys()]).toEqual(['e']);
  });

  it('takes leaving twice for once', async () => {
    const { enter, inside, leave } = open();
    enter('a', half);
    enter('b', half);
    await turn();
    const leaveA = inside.get('a')!;
    leaveA();
    leaveA();
    enter('c', half);
    enter('d', half);
    await turn();
    expect([...inside.keys()]).toEqual(['a', 'b', 'c']);
    expect(await leave('b')).toEqual(['a', 'c', 'd']);
  });
});
