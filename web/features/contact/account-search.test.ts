import { expect, it } from 'vitest';
import { accountSearch } from './account-search.ts';

it.each([
  [
    { q: 'müller', status: 'active', tab: 'invoices' },
    { q: 'müller', status: 'active', tab: 'invoices' },
  ],
  [{ q: '1001' }, { q: '1001' }],
  [{ q: '', status: 'open', without_kind: 'sales', tab: 'x', next: '/' }, {}],
  [{ without_kind: 'billing' }, { without_kind: 'billing' }],
])('reads the address %j as %j', (search, read) => expect(accountSearch(search)).toEqual(read));
