/**
 * Which certificates a test of saved settings has just shown to somebody. Trusting one of these by its fingerprint is the
 * repair that the screen offers, and does not ask for the password again. In memory: after a restart it is asked for.
 */
import type { Clock } from '../platform/clock.ts';

/** Long enough to compare a fingerprint by telephone. */
const rememberMs = 30 * 60_000;
const most = 1000;

export interface ShownCertificates {
  note: (settingsId: string, fingerprint: string) => void;
  wasShown: (settingsId: string, fingerprint: string) => boolean;
}

export const openShownCertificates = (clock: Pick<Clock, 'monotonic'>): ShownCertificates => {
  const shown = new Map<string, number>();
  return {
    note: (settingsId, fingerprint) => {
      const key = `${settingsId} ${fingerprint}`;
      shown.delete(key);
      shown.set(key, clock.monotonic());
      for (const oldest of shown.keys()) {
        if (shown.size <= most) break;
        shown.delete(oldest);
      }
    },
    wasShown: (settingsId, fingerprint) => {
      const at = shown.get(`${settingsId} ${fingerprint}`);
      return at !== undefined && clock.monotonic() - at <= rememberMs;
    },
  };
};
