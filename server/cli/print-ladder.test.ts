import { describe, expect, it } from 'vitest';
import type { LadderResult } from '../../contracts/diagnosis.ts';
import { printResult, printRung } from './print-ladder.ts';

const result: LadderResult = {
  ok: false,
  steps: [],
  failure: {
    step: 'auth',
    code: 'auth-failed',
    title: 'The server refused the password.',
    explanation: 'Check it.',
    repairs: [{ label: 'Use no authentication', changes: { username: '' } }],
  },
  messageId: null,
  emailId: null,
  to: 'ada@example.com',
  connection: {
    address: null,
    encryption: null,
    protocol: null,
    cipher: null,
    certificates: [],
    capabilities: [],
    sizeLimitBytes: null,
  },
  probes: [{ port: 465, result: 'tls', ms: 3 }],
  warnings: ['the certificate ends in 6 days'],
  transcript: [],
  startedAt: '2026-11-22T11:00:00.000Z',
  ms: 40,
};

describe('ladder in the terminal', () => {
  it('prints a rung when it has ended, with its time and the server’s own words beneath', () => {
    const rung = {
      step: 'ehlo' as const,
      ms: 3.6,
      detail: 'said EHLO',
      reply: '250-mail.example\n250 SIZE 1\u001b[2J',
    };
    expect(printRung({ ...rung, status: 'running' })).toBeNull();
    expect(printRung({ ...rung, status: 'ok' })).toBe(
      'EHLO  ok         4 ms  said EHLO\n                       250-mail.example\n                       250 SIZE 1 [2J\n',
    );
    expect(printRung({ ...rung, status: 'failed', reply: '' })).toBe('EHLO  FAILED     4 ms  said EHLO\n');
    expect(printRung({ ...rung, status: 'skipped', ms: null, detail: '', reply: '' })).toBe('EHLO  -\n');
  });

  it('says what a failure means and what can repair it', () => {
    expect(printResult(result)).toBe(
      [
        '',
        'The server refused the password.',
        'Check it.',
        'Repair: Use no authentication',
        'Port 465: tls',
        'Warning: the certificate ends in 6 days',
        '',
      ].join('\n'),
    );
  });

  it('says where it went when it went', () => {
    expect(printResult({ ...result, ok: true, failure: null, messageId: '<1@example.com>', warnings: [] })).toBe(
      '\nSent to ada@example.com, Message-ID <1@example.com>\n',
    );
  });
});
