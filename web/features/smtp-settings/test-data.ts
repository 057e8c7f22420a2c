/** Contract-shaped examples for the tests of this folder; nothing in the product imports them. */
import type { LadderResult } from '../../../contracts/diagnosis.ts';
import { ladderSteps } from '../../../contracts/diagnosis.ts';
import { type SmtpSettings, smtpSettingsDefaults } from '../../../contracts/smtp-settings.ts';

export const exampleSettings = (change: Partial<SmtpSettings> = {}): SmtpSettings => ({
  ...smtpSettingsDefaults,
  id: 'smtp_00000000000000000000000001',
  name: 'Office',
  isDefault: false,
  host: 'smtp.example.com',
  port: 587,
  fromName: 'Example Ltd',
  fromEmail: 'billing@example.com',
  username: 'mailer',
  hasPassword: true,
  passwordSetAt: '2026-01-02T03:04:05.000Z',
  managedBy: 'screen',
  lastTestedAt: null,
  lastTestOk: null,
  lastTestProblem: '',
  lastUsedAt: null,
  serverSeenAt: null,
  sizeLimitBytes: null,
  starttlsSeenAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  updatedBy: 'ada@example.com',
  version: 3,
  ...change,
});

export const exampleResult = (change: Partial<LadderResult> = {}): LadderResult => ({
  ok: true,
  steps: ladderSteps.map((step) => ({ step, status: 'ok', ms: 12, detail: '', reply: '250 Ok' })),
  failure: null,
  messageId: '<1@postern.example>',
  emailId: null,
  to: 'ada@example.com',
  connection: {
    address: '192.0.2.1:587',
    encryption: 'starttls',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    certificates: [],
    capabilities: ['STARTTLS', 'SIZE 10485760'],
    sizeLimitBytes: 10_485_760,
  },
  probes: [],
  warnings: [],
  transcript: [{ at: 3, from: 'client', text: 'EHLO postern.example' }],
  startedAt: '2026-01-05T10:00:00.000Z',
  ms: 345,
  ...change,
});
