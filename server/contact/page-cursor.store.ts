/** Cursors of lists that can be sorted: the sorted value of the last row, and its id where several have the same. */
import { type RawBuilder, sql } from 'kysely';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { refuseField } from '../platform/refusal.ts';

export interface SortOrder {
  column: string;
  direction: 'asc' | 'desc';
}

/** @param columns by the name that callers use. @param sort such a name, with a minus in front for the other way round. */
export const readSort = (columns: Readonly<Record<string, string>>, sort: string): SortOrder => ({
  column: columns[sort.replace(/^-/, '')]!,
  direction: sort.startsWith('-') ? 'desc' : 'asc',
});

export const cursorOf = (value: unknown, id: string): string => encodeCursor(JSON.stringify([String(value), id]));

/** @param id the column of ids. @throws Refusal 422 */
export const isAfter = ({ column, direction }: SortOrder, id: string, cursor: string): RawBuilder<boolean> => {
  const [value, last] = parse(decodeCursor(cursor));
  const given = column.endsWith('created_at') ? Number(value) : value;
  const row = sql`(${sql.ref(column)}, ${sql.ref(id)})`;
  return direction === 'asc' ? sql`${row} > (${given}, ${last})` : sql`${row} < (${given}, ${last})`;
};

function parse(text: string): [string, string] {
  try {
    const [value, id] = JSON.parse(text) as unknown[];
    if (typeof value === 'string' && typeof id === 'string') return [value, id];
  } catch {
    // Falls through: of another list.
  }
  throw refuseField('cursor', 'invalid', 'This cursor is not one that this list has given. Start again without it.');
}
