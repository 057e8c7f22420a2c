import { expect, it } from 'vitest';
import { reportOf } from './report.ts';
import { exampleResult } from './test-data.ts';

const office = { name: 'Office', host: 'smtp.example.com', port: '587' };

it('tells a passed test with its rungs, connection and transcript', () => {
  const report = reportOf(exampleResult(), office);
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
    office,
  );
  expect(report).toContain('Result: failed at TCP');
  expect(report).toContain('Refused.\nTry 465.');
  expect(report).toContain('Port 465: SMTP with TLS from the start (12 ms)');
  expect(report).toContain('Warning: Slow.');
});

it('calls settings that have no name yet by their server', () => {
  expect(reportOf(exampleResult(), { ...office, name: ' ' })).toMatch(/^Postern test of smtp\.example\.com:587\n/);
});

it('says once that a test was cancelled, and what the server said as it was', () => {
  const transcript = [
    { at: 1, from: 'note' as const, text: 'cancelled: cancelled' },
    { at: 2, from: 'server' as const, text: '221 bye: bye' },
  ];
  const report = reportOf(exampleResult({ transcript }), office);
  expect(report).toMatch(/# cancelled$/m);
  expect(report).toContain('< 221 bye: bye');
});

it('does not say of a connection that broke before any encryption that it was never reached', () => {
  const { connection } = exampleResult();
  const report = reportOf(exampleResult({ connection: { ...connection, encryption: null, protocol: null } }), office);
  expect(report).toContain('Connection: 192.0.2.1:587, none yet when the test stopped');
});
