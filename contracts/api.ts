/** All endpoints, in the order the documentation shows them. */
import * as access from './access.ts';
import * as diagnosis from './diagnosis.ts';
import type { Endpoint } from './endpoint.ts';
import * as message from './message.ts';
import * as overview from './overview.ts';
import * as retention from './retention.ts';
import * as sandbox from './sandbox.ts';
import * as sending from './sending.ts';
import * as smtpSettings from './smtp-settings.ts';
import * as submission from './submission.ts';
import * as system from './system.ts';

export const endpoints: readonly Endpoint[] = [
  smtpSettings.listSmtpSettings,
  smtpSettings.createSmtpSettings,
  smtpSettings.readSmtpSettings,
  smtpSettings.changeSmtpSettings,
  smtpSettings.deleteSmtpSettings,
  smtpSettings.makeDefaultSmtpSettings,
  smtpSettings.readSmtpSettingsUsage,
  diagnosis.testSmtpSettingsDraft,
  diagnosis.testSmtpSettings,
  sending.readSending,
  sending.pauseSending,
  sending.resumeSending,
  sending.pauseSmtpSettings,
  sending.resumeSmtpSettings,
  sending.probeSmtpSettings,
  submission.sendEmail,
  submission.sendEmailBatch,
  message.listMessages,
  message.countMessages,
  message.changeMessages,
  message.readMessage,
  message.rescheduleMessage,
  message.cancelMessage,
  message.retryMessage,
  message.releaseMessage,
  message.markMessageSent,
  message.resendMessage,
  message.readMessageSource,
  message.readMessageHtml,
  message.readMessageAttachment,
  message.watchMessages,
  retention.readRetention,
  retention.changeRetention,
  sandbox.readSandbox,
  sandbox.createSandboxSettings,
  sandbox.listSandboxMessages,
  sandbox.emptySandbox,
  sandbox.readSandboxMessage,
  sandbox.readSandboxSource,
  sandbox.readSandboxHtml,
  sandbox.readSandboxAttachment,
  sandbox.deleteSandboxMessage,
  sandbox.watchSandbox,
  access.readFirstRun,
  access.createFirstAdministrator,
  access.signIn,
  access.signOut,
  access.readMe,
  access.listSessions,
  access.endOtherSessions,
  access.endSession,
  access.listApiKeys,
  access.createApiKey,
  access.deleteApiKey,
  overview.readOverview,
  system.readSystem,
];
