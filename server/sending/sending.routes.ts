/** HTTP for the switches of sending: read how it stands, pause, resume, try a server now. */
import {
  pauseSending,
  pauseSmtpSettings,
  probeSmtpSettings,
  readSending,
  resumeSending,
  resumeSmtpSettings,
} from '../../contracts/sending.ts';
import { callerName, type Router } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import type { SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import { everything } from './sending-pause.store.ts';
import type { SendingStateStore } from './sending-state.store.ts';
import type { SendingSteer } from './steer-sending.ts';

export interface SendingRouteParts {
  steer: Pick<SendingSteer, 'pause' | 'resume' | 'probe'>;
  state: Pick<SendingStateStore, 'read'>;
  settings: Pick<SmtpSettingsStore, 'read'>;
}

export const addSendingRoutes = ({ route }: Router, { steer, state, settings }: SendingRouteParts): void => {
  const requireSettings = async (id: string): Promise<string> => {
    if (await settings.read(id)) return id;
    throw new Refusal('not_found', 'There are no SMTP settings with this id; they may have been deleted.');
  };

  route(readSending, () => state.read());
  route(pauseSending, async ({ caller }) => {
    await steer.pause(everything, callerName(caller));
    return state.read();
  });
  route(resumeSending, async () => {
    await steer.resume(everything);
    return state.read();
  });
  route(pauseSmtpSettings, async ({ params, caller }) => {
    await steer.pause(await requireSettings(params.id), callerName(caller));
    return state.read();
  });
  route(resumeSmtpSettings, async ({ params }) => {
    await steer.resume(await requireSettings(params.id));
    return state.read();
  });
  route(probeSmtpSettings, async ({ params }) => {
    steer.probe(await requireSettings(params.id));
    return state.read();
  });
};
