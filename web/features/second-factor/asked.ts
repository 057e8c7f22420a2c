/** What stands before the page at the moment: the question of who one is, or codes that are shown this one time. */
export type Asked =
  | { kind: 'who-you-are'; answer: (isConfirmed: boolean) => void }
  | { kind: 'recovery-codes'; codes: string[] };

let asked: Asked | null = null;
const listeners = new Set<() => void>();

function show(next: Asked | null): void {
  asked = next;
  for (const listener of listeners) listener();
}

/** Asks for the password or a passkey; true once the server has taken it. */
export function askWhoYouAre(): Promise<boolean> {
  return new Promise((resolve) => {
    show({
      kind: 'who-you-are',
      answer: (isConfirmed) => {
        show(null);
        resolve(isConfirmed);
      },
    });
  });
}

export const showRecoveryCodes = (codes: string[]): void => show({ kind: 'recovery-codes', codes });
export const closeRecoveryCodes = (): void => show(null);

/** For the one place that shows it. */
export const askedStore = {
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  read: () => asked,
};
