/**
 * One test email: compose it, climb the ladder with it. The screen, the API and the command line all end here.
 * from: fields of saved settings or of a draft, and the password · to: the ladder's result. Writes nothing anywhere.
 */
import type { LadderResult, LadderRung } from '../../contracts/diagnosis.ts';
import { parseAddress } from '../mime/address.ts';
import { MailValueError } from '../mime/mail-value.ts';
import { createMessageId } from '../mime/message-id.ts';
import type { Clock } from '../platform/clock.ts';
import { readMachine } from '../platform/machine.ts';
import { refuseField } from '../platform/refusal.ts';
import { isAddressAllowed } from '../smtp/address-policy.ts';
import type { SmtpSettingsFields } from '../smtp-settings/smtp-settings.ts';
import { climbLadder, type LadderEffects } from './climb-ladder.ts';
import { probePorts } from './probe-ports.client.ts';
import { listOtherEhloNames, testTimeouts, toSmtpTarget } from './smtp-target.ts';
import { composeTestMessage } from './test-message.ts';

export interface TestRequest {
  fields: SmtpSettingsFields;
  password: string | null;
  to: string;
  /** The e-mail address of a person, or `api key NAME`. */
  requestedBy: string;
  /** Called for each change of a rung. */
  onRung: (rung: LadderRung) => void;
  signal: AbortSignal;
}

export interface SmtpSettingsTest {
  /** @throws Refusal 422 for a value that can be in no mail. */
  run: (request: TestRequest) => Promise<LadderResult>;
}

export interface TestParts {
  openSession: LadderEffects['openSession'];
  denyPrivate: boolean;
  /** An address and port that is ours to connect to, whatever the policy: the sandbox. */
  isOwnServer: (address: string, port: number) => boolean;
  clock: Clock;
}

export const openSmtpSettingsTest = ({
  openSession,
  denyPrivate,
  isOwnServer,
  clock,
}: TestParts): SmtpSettingsTest => ({
  run: async (request) => {
    const { fields, password, to, onRung, signal } = request;
    const machine = readMachine();
    const target = toSmtpTarget(fields, password, {
      machine,
      timeouts: testTimeouts(fields),
      isAddressAllowed: (address) => isOwnServer(address, fields.port) || isAddressAllowed(address, { denyPrivate }),
    });
    return climbLadder(
      {
        target,
        settings: fields,
        mailFrom: fields.fromEmail,
        to,
        ...compose(request, new Date(clock.now())),
        otherEhloNames: listOtherEhloNames(machine, fields.fromEmail),
        signal,
      },
      { openSession, probePorts, clock },
      onRung,
    );
  },
});

function compose({ fields, to, requestedBy }: TestRequest, now: Date): { messageId: string; data: Uint8Array } {
  try {
    const messageId = createMessageId(parseAddress(fields.fromEmail, 'fromEmail').domain);
    return { messageId, data: composeTestMessage({ settings: fields, to, requestedBy, now, messageId }) };
  } catch (error) {
    if (error instanceof MailValueError) throw refuseField(error.field, error.fault, error.repair);
    throw error;
  }
}
