import { expect, it } from 'vitest';
import { peopleSearch } from './people-search.ts';

it('keeps what the list can be narrowed to, and nothing else', () => {
  expect(peopleSearch({ q: 'ada', state: 'invited', role: 'viewer', x: 1 })).toEqual({
    q: 'ada',
    state: 'invited',
    role: 'viewer',
  });
  expect(peopleSearch({ q: '', state: 'gone', role: ['viewer'] })).toEqual({});
});
