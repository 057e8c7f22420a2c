/** The record of what people and keys did that cannot be seen from the thing itself. Written in the transaction of the deed. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/open.ts';
import type { Compilable } from '../database/run-together.ts';

export interface AuditEntry {
  at: number;
  by: string;
  /** `personal-data.erased` */
  action: string;
  /** What it was done to, as it may be called from now on. */
  subject: string;
  data: Record<string, unknown>;
}

/** @param isAllowed where it does not hold, the statement fails, and with it its transaction. */
export type WriteAudit = (entry: AuditEntry, isAllowed?: RawBuilder<boolean>) => Compilable;

export const openAudit = ({ query }: Pick<Database, 'query'>): WriteAudit => {
  const always = sql<boolean>`1 = 1`;
  return ({ at, by, action, subject, data }, isAllowed = always) => {
    const text = JSON.stringify(data);
    return {
      compile: () =>
        sql`insert into audit_entry (at, by_whom, action, subject, data)
          values (${at}, ${by}, ${action}, ${subject}, case when ${isAllowed} then ${text} end)`.compile(query),
    };
  };
};
