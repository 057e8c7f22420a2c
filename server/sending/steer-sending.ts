/**
 * What a person does to sending as a whole: pause, resume, try now; and what follows when SMTP settings change. A recipe
 * that is handed its effects.
 *
 * from: the routes, the store of SMTP settings · to: the pauses, this node's delivery worker, and word to the other nodes.
 * Invariant: a pause is stored before it is answered, so it survives a restart; mail that is paused is accepted and waits.
 * What the others are told is only a hint: each node also looks by itself every second or two.
 */
import type { DeliveryWorker } from '../delivery/delivery.worker.ts';
import type { SettingsChange } from '../smtp-settings/smtp-settings.store.ts';
import type { SendingPauses } from './sending-pause.store.ts';
import type { SendingStateStore } from './sending-state.store.ts';

export interface SendingEffects {
  pauses: Pick<SendingPauses, 'pause' | 'resume'>;
  worker: Pick<DeliveryWorker, 'pause' | 'resume' | 'probe' | 'settingsChanged'>;
  state: Pick<SendingStateStore, 'forget' | 'forgetTrouble'>;
  /** Word to the other nodes; the detail is what `heard` is given there. */
  tell: (channel: 'sending' | 'settings', detail?: string) => void;
  /** Settings that were read for others are read anew. */
  forgetSettings: () => void;
}

export interface SendingSteer {
  /** @param settingsId empty: all sending. @param by who, as `updatedBy` names people and keys */
  pause: (settingsId: string, by: string) => Promise<void>;
  resume: (settingsId: string) => Promise<void>;
  /** Tries the server now that mail waits for. */
  probe: (settingsId: string) => void;
  settingsChanged: (change: SettingsChange) => Promise<void>;
  /** Another node said so. */
  heard: (channel: 'sending' | 'settings', detail: string) => void;
}

const probeWord = 'probe ';

export const steerSending = ({ pauses, worker, state, tell, forgetSettings }: SendingEffects): SendingSteer => {
  const probe = (settingsId: string) => {
    worker.probe(settingsId);
    tell('sending', probeWord + settingsId);
  };
  return {
    pause: async (settingsId, by) => {
      await pauses.pause(settingsId, by);
      state.forget();
      await worker.pause(settingsId);
      tell('sending');
    },
    resume: async (settingsId) => {
      await pauses.resume(settingsId);
      state.forget();
      await worker.resume(settingsId);
      tell('sending');
    },
    probe,
    settingsChanged: async ({ id, what }) => {
      if (what !== 'tested') {
        worker.settingsChanged();
        tell('settings');
      }
      if (what === 'removed') await pauses.resume(id);
      if (what !== 'default') await state.forgetTrouble(id);
      // What it was parked for may be over: the test got through.
      if (what === 'tested') probe(id);
      state.forget();
    },
    heard: (channel, detail) => {
      state.forget();
      if (channel === 'settings') forgetSettings();
      if (detail.startsWith(probeWord)) worker.probe(detail.slice(probeWord.length));
      else worker.settingsChanged();
    },
  };
};
