import { expect, it } from 'vitest';
import { reportOf } from './report.ts';
import { exampleResult } from './test-data.ts';

it('tells a passed test with its rungs, connection and transcript', () => {
  const report = reportOf(exampleResult(), 'Office (smtp.example.com:587)');
  expect(report).toContain('Postern test of Office (smtp.example.com:587)');
  expect(report).toContain('Result: sent');
  expect(report).toContain('AUTH ok 12 ms');
  expect(report).toContain('192.0.2.1:587, STARTTLS');
  expect(report).toContain('     3 > EHLO postern.example');
});

it('tells where a failed test stopped, why, and what the ports answered', () => {
  const report = reportOf(
    exampleResult({
      ok: false,
      failure: { step: 'tcp', code: 'connection-refused', title: 'Refused.', explanation: 'Try 465.', repairs: [] },
      probes: [{ port: 465, result: 'tls', ms: 12.4 }],
      warnings: ['Slow.'],
    }),
    'Office',
  );
  expect(report).toContain('Result: failed at TCP');
  expect(report).toContain('Refused.\nTry 465.');
  expect(report).toContain('Port 465: SMTP with TLS from the start (12 ms)');
  expect(report).toContain('Warning: Slow.');
});
