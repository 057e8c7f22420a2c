/** The loaded part of the inbox, newest first, and what live events do to it. Pages as the infinite query keeps them. */
import type { SandboxMessageSummary } from '../../../contracts/sandbox.ts';

export interface InboxPage {
  data: SandboxMessageSummary[];
  next: string | null;
}

export interface Inbox {
  pages: InboxPage[];
  pageParams: unknown[];
}

/** A message that has just arrived goes on top; one that is there already stays where it is. */
export function addArrival(inbox: Inbox, message: SandboxMessageSummary): Inbox {
  const [first, ...others] = inbox.pages;
  if (first === undefined || messagesOf(inbox).some((each) => each.id === message.id)) return inbox;
  return { ...inbox, pages: [{ ...first, data: [message, ...first.data] }, ...others] };
}

/** Without the deleted message; without any when no id is given (the sandbox was emptied). */
export function removeDeleted(inbox: Inbox, id: string | undefined): Inbox {
  if (id === undefined) return { pages: [{ data: [], next: null }], pageParams: inbox.pageParams.slice(0, 1) };
  return {
    ...inbox,
    pages: inbox.pages.map((page) => ({ ...page, data: page.data.filter((message) => message.id !== id) })),
  };
}

export function messagesOf(inbox: Inbox): SandboxMessageSummary[] {
  return inbox.pages.flatMap((page) => page.data);
}

/** What to open when `id` is deleted: the one below it, else the one above, else none. */
export function neighbourOf(messages: readonly SandboxMessageSummary[], id: string): string | undefined {
  const at = messages.findIndex((message) => message.id === id);
  return at < 0 ? undefined : (messages[at + 1] ?? messages[at - 1])?.id;
}
