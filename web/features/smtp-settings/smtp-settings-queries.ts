/** What the screen reads, and how its copies are kept right after a change without reading everything again. */
import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { readSandbox } from '../../../contracts/sandbox.ts';
import {
  listSmtpSettings,
  readSmtpSettings,
  readSmtpSettingsUsage,
  type SmtpSettings,
} from '../../../contracts/smtp-settings.ts';
import { call } from '../../lib/call.ts';
import { compareNames } from './name-order.ts';

const pageSize = 1000;

/** What a list knows of settings: all but the certificate of an own CA, which only reading them one by one gives. */
export type ListedSettings = Omit<SmtpSettings, 'caCertificate'>;

/** All settings by name, so that the filter answers at once; read page by page to the end. */
export const allSettingsQuery = queryOptions({
  queryKey: ['smtp-settings', 'all'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    const all: ListedSettings[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof readPage>> = await readPage(cursor, signal);
      all.push(...page.data);
      cursor = page.next;
    } while (cursor !== null);
    return all;
  },
});

const readPage = (cursor: string | null, signal: AbortSignal) =>
  call(listSmtpSettings, { query: { limit: pageSize, ...(cursor === null ? {} : { cursor }) }, signal });

/** One of them, read afresh when selected: the list may be a minute old, and somebody else may have saved since. */
export const settingsQuery = (id: string) =>
  queryOptions({
    queryKey: ['smtp-settings', 'one', id],
    queryFn: ({ signal }) => call(readSmtpSettings, { params: { id }, signal }),
    staleTime: 5_000,
  });

export const usageQuery = (id: string) =>
  queryOptions({
    queryKey: ['smtp-settings', 'usage', id],
    queryFn: ({ signal }) => call(readSmtpSettingsUsage, { params: { id }, signal }),
    staleTime: 0,
  });

export const sandboxPlaceQuery = queryOptions({
  queryKey: ['smtp-settings', 'sandbox'],
  queryFn: ({ signal }) => call(readSandbox, { signal }),
  staleTime: 60_000,
});

/** Keeps what was saved just now, for the form and for the list. */
export function keepSettings(client: QueryClient, settings: SmtpSettings): void {
  client.setQueryData(settingsQuery(settings.id).queryKey, settings);
  keepInList(client, settings);
}

/** Puts settings into the list: in their place where they stood, by name where they are new; never an older version. */
export function keepInList(client: QueryClient, { caCertificate: _, ...settings }: SmtpSettings): void {
  client.setQueryData(allSettingsQuery.queryKey, (all) => {
    if (!all) return all;
    const at = all.findIndex((one) => one.id === settings.id);
    const listed = all[at];
    if (listed) return listed.version > settings.version ? all : all.with(at, settings);
    const place = all.findIndex((one) => compareNames(one.name, settings.name) > 0);
    return all.toSpliced(place < 0 ? all.length : place, 0, settings);
  });
}

/** There is one default: whichever it was is not any more. */
export function keepDefault(client: QueryClient, settings: SmtpSettings): void {
  client.setQueryData(allSettingsQuery.queryKey, (all) =>
    all?.map((one) => (one.isDefault ? { ...one, isDefault: false } : one)),
  );
  client.removeQueries({ queryKey: ['smtp-settings', 'one'], type: 'inactive' });
  keepSettings(client, settings);
}

/** Takes deleted settings out of the list; what is known of them goes once nothing shows them (`forgetSettings`). */
export function dropFromList(client: QueryClient, id: string): void {
  client.setQueryData(allSettingsQuery.queryKey, (all) => all?.filter((one) => one.id !== id));
}

export function forgetSettings(client: QueryClient, id: string): void {
  client.removeQueries({ queryKey: settingsQuery(id).queryKey });
}
