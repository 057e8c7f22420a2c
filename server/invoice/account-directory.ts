/** What invoices need to know of accounts and their contacts; handed in, see contact/. */

export interface BilledAccount {
  id: string;
  number: string;
  name: string;
  /** What its invoices are written in. */
  language: string;
  currency: string | null;
  isActive: boolean;
  /** Its active billing contacts, the primary one first. */
  contacts: BillingContact[];
}

export interface BillingContact {
  id: string;
  name: string;
  address: string;
  /** Its own, else the account's. */
  language: string;
}

export interface AccountDirectory {
  /** @param ref an id (`acct_…`) or a number. */
  find: (ref: string) => Promise<BilledAccount | null>;
  /** @returns by number; what there is not is left out. */
  findMany: (numbers: readonly string[]) => Promise<Map<string, BilledAccount>>;
}
