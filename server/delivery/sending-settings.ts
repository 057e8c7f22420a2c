/** What delivery needs to know of SMTP settings, taken from their store. Passwords are opened one by one, when mail waits for them. */

import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import { deliveryTimeouts, type MachineNames, toSmtpTarget } from '../diagnosis/smtp-target.ts';
import type { ServerMemory, SmtpTarget } from '../smtp/target.ts';
import type { SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';

export interface SendingSettings {
  id: string;
  name: string;
  host: string;
  port: number;
  /** Grows with every change of what a server is spoken to with. */
  version: number;
  isDefault: boolean;
  /** Milliseconds since 1970. */
  changedAt: number;
}

export type TargetOutcome =
  | { target: SmtpTarget }
  /** There is a user name and no password, or the key that opens it is missing: nothing may be said to the server. */
  | { problem: 'password-missing' | 'password-locked' }
  | { problem: 'gone' };

export interface SendingSettingsSource {
  list: () => Promise<SendingSettings[]>;
  readTarget: (id: string) => Promise<TargetOutcome>;
}

export interface SendingSettingsParts {
  store: Pick<SmtpSettingsStore, 'list' | 'read' | 'readPassword'>;
  machine: () => MachineNames;
  isAddressAllowed: (address: string, port: number) => boolean;
  /** What is known of their server, and kept of what it shows. */
  remember: (settings: SmtpSettings) => ServerMemory;
}

const pageSize = 1000;

export const openSendingSettings = ({
  store,
  machine,
  isAddressAllowed,
  remember,
}: SendingSettingsParts): SendingSettingsSource => ({
  list: async () => {
    const found: SendingSettings[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.list({ filter: '', cursor, limit: pageSize });
      for (const { id, name, host, port, version, isDefault, updatedAt } of page.data) {
        found.push({ id, name, host, port, version, isDefault, changedAt: Date.parse(updatedAt) });
      }
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return found;
  },
  readTarget: async (id) => {
    const settings = await store.read(id);
    if (settings === null) return { problem: 'gone' };
    const stored = await store.readPassword(id);
    if (stored === 'locked') return { problem: 'password-locked' };
    if (settings.username !== '' && !stored.password) return { problem: 'password-missing' };
    return {
      target: toSmtpTarget(settings, stored.password, {
        machine: machine(),
        timeouts: deliveryTimeouts(settings),
        isAddressAllowed: (address) => isAddressAllowed(address, settings.port),
        memory: remember(settings),
      }),
    };
  },
});
