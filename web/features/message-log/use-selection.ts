import { useState } from 'react';

/** Which rows are picked; null while nothing is to be picked at all. `all`: everything that the search finds. */
export type Selection = ReadonlySet<string> | 'all';

export interface Picking {
  selection: Selection | null;
  begin: () => void;
  end: () => void;
  /** @param shown where everything is picked, the shown ones but this stay picked */
  toggle: (id: string, shown: readonly string[]) => void;
  /** The rows that are shown. */
  pick: (ids: readonly string[]) => void;
  pickAll: () => void;
}

/** Picks rows of one search: another search begins anew. */
export function usePicking(search: string): Picking {
  const [state, setState] = useState<{ search: string; selection: Selection } | null>(null);
  const selection = state === null ? null : state.search === search ? state.selection : new Set<string>();
  const set = (next: Selection) => setState({ search, selection: next });
  return {
    selection,
    begin: () => set(new Set()),
    end: () => setState(null),
    toggle: (id, shown) => {
      const ids = new Set(selection === 'all' ? shown : selection);
      if (!ids.delete(id)) ids.add(id);
      set(ids);
    },
    pick: (ids) => set(new Set(ids)),
    pickAll: () => set('all'),
  };
}
