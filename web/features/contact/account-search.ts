import { type AccountState, accountStates, type ContactKind, contactKinds } from '../../../contracts/account.ts';

export interface AccountSearch {
  q?: string;
  status?: AccountState;
  without_kind?: ContactKind;
  /** Side of the selected account; absent: its contacts. */
  tab?: string;
}

/** What stands in the address of the accounts' page; anything else in it is left out. */
export function accountSearch(search: Record<string, unknown>): AccountSearch {
  const { q, tab } = search;
  const status = accountStates.find((each) => each === search.status);
  const withoutKind = contactKinds.find((each) => each === search.without_kind);
  return {
    ...(typeof q === 'string' && q !== '' ? { q } : {}),
    ...(status === undefined ? {} : { status }),
    ...(withoutKind === undefined ? {} : { without_kind: withoutKind }),
    ...(tab === 'invoices' || tab === 'messages' ? { tab } : {}),
  };
}
