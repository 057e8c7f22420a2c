import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError, readConfig, variables } from './config.ts';

const faultsOf = (environment: Record<string, string>): string[] => {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
};

it('needs nothing', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 2580,
    publicUrl: 'http://127.0.0.1:2580',
    sandboxPort: 1025,
  });
  expect(config.database).toEqual({ kind: 'sqlite', file: path.resolve('data/postern.db') });
  expect(config.secretKey).toBeNull();
});

it('names every wrong variable at once, one line each, and repeats no secret', () => {
  const faults = faultsOf({
    POSTERN_PORT: '99999',
    POSTERN_SANDBOX_PORT: 'maybe',
    POSTERN_PUBLIC_URL: 'postern.example.com/x',
    POSTERN_DATABASE_URL: 'mysql://root:canary-secret@db/x',
    POSTERN_SECRET_KEY: 'canary-secret',
    POSTERN_ADMIN_EMAIL: 'ada@example.com',
    POSTERN_LOG_LEVEL: 'loud',
    POSTERN_DENY_PRIVATE_HOSTS: 'perhaps',
  });
  expect(faults.map((fault) => fault.split(':')[0]).sort()).toEqual([
    'POSTERN_ADMIN_PASSWORD',
    'POSTERN_DATABASE_URL',
    'POSTERN_DENY_PRIVATE_HOSTS',
    'POSTERN_LOG_LEVEL',
    'POSTERN_PORT',
    'POSTERN_PUBLIC_URL',
    'POSTERN_SANDBOX_PORT',
    'POSTERN_SECRET_KEY',
  ]);
  expect(faults.join('\n')).not.toContain('canary-secret');
  expect(faults.every((fault) => !fault.includes('\n'))).toBe(true);
});

it('reads any variable from a file, and refuses it given twice or unreadable', () => {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'postern-config-')), 'value');
  writeFileSync(file, '  2599\n');
  expect(readConfig({ POSTERN_PORT_FILE: file }).port).toBe(2599);
  expect(faultsOf({ POSTERN_PORT_FILE: file, POSTERN_PORT: '2600' })[0]).toContain('POSTERN_PORT_FILE');
  expect(faultsOf({ POSTERN_PORT_FILE: `${file}.none` })[0]).toContain('POSTERN_PORT_FILE: cannot read');
  writeFileSync(file, 'off');
  expect(readConfig({ POSTERN_SANDBOX_PORT_FILE: file }).sandboxPort).toBeNull();
});

it('takes a secret key in hexadecimal or base64', () => {
  const key = Buffer.alloc(32, 9);
  expect(readConfig({ POSTERN_SECRET_KEY: key.toString('hex') }).secretKey).toEqual(key);
  expect(readConfig({ POSTERN_SECRET_KEY: key.toString('base64') }).secretKey).toEqual(key);
});

it('warns of a variable that does not exist', () => {
  expect(readConfig({ POSTERN_PROT: '1' }).warnings[0]).toContain('POSTERN_PROT');
});

it('documents every variable with a reason', () => {
  for (const { name, reason } of variables) expect([name, reason.length > 20]).toEqual([name, true]);
});
