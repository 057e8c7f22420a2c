/**
 * One test email: compose it, climb the ladder with it. The screen, the API and the command line all end here.
 * from: fields of saved settings or of a draft, and the password · to: the ladder's result. Writes nothing anywhere.
 */
import os from 'node:os';
import type { LadderResult, LadderRung } from '../../contracts/diagnosis.ts';
import { createMessageId } from '../mime/message-id.ts';
import type { Clock } from '../platform/clock.ts';
import { isAddressAllowed } from '../smtp/address-policy.ts';
import { openSession } from '../smtp/session.client.ts';
import type { SmtpSettingsFields } from '../smtp-settings/smtp-settings.ts';
import { climbLadder } from './climb-ladder.ts';
import { probePorts } from './probe-ports.client.ts';
import { listOtherEhloNames, type MachineNames, testTimeouts, toSmtpTarget } from './smtp-target.ts';
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
  run: (request: TestRequest) => Promise<LadderResult>;
}

export const openSmtpSettingsTest = ({
  denyPrivate,
  clock,
}: {
  denyPrivate: boolean;
  clock: Clock;
}): SmtpSettingsTest => ({
  run: ({ fields, password, to, requestedBy, onRung, signal }) => {
    const machine = readMachineNames();
    const target = toSmtpTarget(fields, password, {
      machine,
      timeouts: testTimeouts(fields),
      isAddressAllowed: (address) => isAddressAllowed(address, { denyPrivate }),
    });
    const messageId = createMessageId(fields.fromEmail.split('@')[1] ?? 'localhost');
    const data = composeTestMessage({ settings: fields, to, requestedBy, now: new Date(clock.now()), messageId });
    return climbLadder(
      {
        target,
        settings: fields,
        mailFrom: fields.fromEmail,
        to,
        messageId,
        data,
        otherEhloNames: listOtherEhloNames(machine, fields.fromEmail),
        signal,
      },
      { openSession, probePorts, clock },
      onRung,
    );
  },
});

/** Read each time: a laptop changes both. */
function readMachineNames(): MachineNames {
  const addresses = Object.values(os.networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address))
    .map(({ address }) => address);
  return { hostname: os.hostname(), addresses };
}
