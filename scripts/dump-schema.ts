/** The tables of a migrated database as text, in an order that does not change: what the migrations come to. */
import { sql } from 'kysely';
import type { Database } from '../server/database/open.ts';

const heading = '-- Generated from the migrations by `npm run generate`; change those.\n';

export const dumpSchema = async (database: Database): Promise<string> =>
  heading + (database.kind === 'sqlite' ? await dumpSqlite(database) : await dumpPostgres(database));

async function dumpSqlite({ query }: Database): Promise<string> {
  const found = await sql<{ sql: string }>`
    select sql from sqlite_schema where sql is not null and name not like 'sqlite_%' order by tbl_name, type desc, name
  `.execute(query);
  return found.rows.map((row) => `\n${row.sql};\n`).join('');
}

interface Column {
  table_name: string;
  column_name: string;
  type: string;
  is_required: boolean;
  fallback: string | null;
}

async function dumpPostgres({ query }: Database): Promise<string> {
  const columns = await sql<Column>`
    select c.relname as table_name, a.attname as column_name, format_type(a.atttypid, a.atttypmod) as type,
      a.attnotnull as is_required, pg_get_expr(d.adbin, d.adrelid) as fallback
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relkind = 'r'
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum
  `.execute(query);
  // Later versions keep NOT NULL as constraints too (type n); the columns say it already.
  const constraints = await sql<{ table_name: string; definition: string }>`
    select c.relname as table_name, 'CONSTRAINT ' || k.conname || ' ' || pg_get_constraintdef(k.oid) as definition
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    where k.contype <> 'n'
    order by c.relname, k.conname
  `.execute(query);
  const indexes = await sql<{ table_name: string; definition: string }>`
    select tablename as table_name, indexdef as definition from pg_indexes
    where schemaname = 'public' and indexname not in (select conname from pg_constraint)
    order by tablename, indexname
  `.execute(query);
  const tables = [...new Set(columns.rows.map((row) => row.table_name))];
  return tables
    .map((table) => {
      const of = <T extends { table_name: string }>(rows: T[]) => rows.filter((row) => row.table_name === table);
      const lines = [
        ...of(columns.rows).map(
          ({ column_name, type, is_required, fallback }) =>
            `  ${column_name} ${type}${is_required ? ' NOT NULL' : ''}${fallback === null ? '' : ` DEFAULT ${fallback}`}`,
        ),
        ...of(constraints.rows).map(({ definition }) => `  ${definition}`),
      ];
      const after = of(indexes.rows).map(({ definition }) => `${definition};\n`);
      return `\nCREATE TABLE ${table} (\n${lines.join(',\n')}\n);\n${after.join('')}`;
    })
    .join('');
}
