/** All endpoints, in the order the documentation shows them. */
import * as access from './access.ts';
import * as branding from './branding.ts';
import * as diagnosis from './diagnosis.ts';
import type { Endpoint } from './endpoint.ts';
import * as message from './message.ts';
import * as overview from './overview.ts';
import * as sandbox from './sandbox.ts';
import * as smtpSettings from './smtp-settings.ts';
import * as submission from './submission.ts';
import * as system from './system.ts';
import * as template from './template.ts';

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
  submission.sendEmail,
  submission.sendEmailBatch,
  message.listMessages,
  message.readMessage,
  message.cancelMessage,
  message.retryMessage,
  message.releaseMessage,
  message.resendMessage,
  message.readMessageSource,
  message.readMessageHtml,
  message.readMessageAttachment,
  message.watchMessages,
  template.listTemplates,
  template.createTemplate,
  template.readTemplate,
  template.changeTemplate,
  template.deleteTemplate,
  template.readTemplateUsage,
  template.duplicateTemplate,
  template.resetTemplate,
  template.listTemplateVersions,
  template.readTemplateVersion,
  template.restoreTemplateVersion,
  template.previewTemplateDraft,
  template.previewTemplate,
  template.sendTemplateTest,
  branding.readBranding,
  branding.changeBranding,
  branding.changeLogo,
  branding.deleteLogo,
  branding.readLogo,
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
