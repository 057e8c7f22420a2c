/** What this person may do with these settings, and the sentence that says why not. The server decides; this only says it first. */
import type { Me } from '../../../contracts/access.ts';
import { testSmtpSettings } from '../../../contracts/diagnosis.ts';
import type { Endpoint } from '../../../contracts/endpoint.ts';
import {
  changeSmtpSettings,
  createSmtpSettings,
  deleteSmtpSettings,
  makeDefaultSmtpSettings,
} from '../../../contracts/smtp-settings.ts';
import { reasonWhyNot } from '../../lib/me.ts';
import type { ListedSettings } from './smtp-settings-queries.ts';

export interface Permissions {
  /** Null where it is allowed. */
  whyNotTest: string | null;
  whyNotChange: string | null;
  whyNotDelete: string | null;
  whyNotAdd: string | null;
  whyNotMakeDefault: string | null;
}

const fromFile = 'These settings come from a file and can be changed only there.';

export function permissionsFor(me: Me, settings: ListedSettings | null): Permissions {
  const file = settings?.managedBy === 'file' ? fromFile : null;
  const why = (endpoint: Endpoint, doing: string) => reasonWhyNot(me, endpoint)?.replace('do this', doing) ?? null;
  return {
    whyNotTest: why(testSmtpSettings, 'send a test email'),
    whyNotChange: why(changeSmtpSettings, 'change SMTP settings') ?? file,
    whyNotDelete: why(deleteSmtpSettings, 'delete SMTP settings') ?? file,
    whyNotMakeDefault: why(makeDefaultSmtpSettings, 'choose the default'),
    whyNotAdd: why(createSmtpSettings, 'add SMTP settings'),
  };
}
