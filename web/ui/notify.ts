export interface Notice {
  id: number;
  kind: 'plain' | 'failed';
  message: string;
}

let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

function show(kind: Notice['kind'], message: string): void {
  lastId += 1;
  // The same words twice say nothing new.
  set([...notices.filter((notice) => notice.message !== message), { id: lastId, kind, message }].slice(-3));
}

/** Says in the corner that something was done; goes by itself. For what has no place of its own on the page. */
export function notifyDone(message: string): void {
  show('plain', message);
}

/** Says in the corner that something failed; stays until it is closed. */
export function notifyProblem(error: Error): void {
  show('failed', error.message);
}

/** Takes a notice away. */
export function closeNotice(id: number): void {
  set(notices.filter((notice) => notice.id !== id));
}

/** What is shown now, for the one place that shows it. */
export const noticeStore = {
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  read: () => notices,
};
