/** Long lists as one parameter: a statement stays the same whatever their length, and no limit on parameters is met. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from './open.ts';

/** For `in`: these texts. */
export const eachText = (kind: Database['kind'], texts: readonly string[]): RawBuilder<string> =>
  kind === 'sqlite'
    ? sql`(select value from json_each(${JSON.stringify(texts)}))`
    : sql`(select value from jsonb_array_elements_text(${JSON.stringify(texts)}::jsonb) as each(value))`;

/** For `from`: rows of `each.value`, from which `each.value ->> 'key'` takes a part, in PostgreSQL always as text. */
export const eachObject = (kind: Database['kind'], objects: readonly object[]): RawBuilder<unknown> =>
  kind === 'sqlite'
    ? sql`json_each(${JSON.stringify(objects)}) as each`
    : sql`jsonb_array_elements(${JSON.stringify(objects)}::jsonb) as each(value)`;

/** Folded text that holds `part`, as a condition on a column. Null: anything does. */
export const holdsText = (column: string, part: string): RawBuilder<boolean> | null =>
  part === '' ? null : sql`${sql.ref(column)} like ${`%${part.replace(/[%_\\]/g, '\\$&')}%`} escape '\\'`;
