import { expect, it } from 'vitest';
import { parseManagedFile } from './managed-file.ts';

const entry = { name: 'Office', host: 'smtp.example.com', port: 587, fromEmail: 'a@example.com', username: 'a' };
const parse = (json: unknown) =>
  parseManagedFile(JSON.stringify(json), (file) => (file === 'there' ? 'from-file' : null));

it('takes what the API takes, and a password from a file', () => {
  const parsed = parse([
    { ...entry, passwordFile: 'there' },
    { ...entry, name: 'Other', password: 'inline' },
  ]);
  expect(parsed.ok && parsed.settings.map(({ fields, password }) => [fields.name, fields.security, password])).toEqual([
    ['Office', 'automatic', 'from-file'],
    ['Other', 'automatic', 'inline'],
  ]);
});

it('says every fault in a line that names entry and field, and repeats no password', () => {
  const parsed = parse([
    { ...entry, passwordFile: 'missing' },
    { ...entry, username: '', password: 'canary' },
    { ...entry, name: 'OFFICE' },
  ]);
  expect(parsed.ok ? [] : parsed.faults.map((fault) => fault.split(': ')[1])).toEqual([
    'entry 1, passwordFile',
    'entry 2, username',
    'entry 2, name',
    'entry 3, name',
  ]);
  expect(JSON.stringify(parsed)).not.toContain('canary');
  const wrong = parse([{ ...entry, port: 'x', colour: 1 }]);
  expect(!wrong.ok && wrong.faults.length).toBe(2);
  expect(parseManagedFile('[', () => null)).toMatchObject({ ok: false });
});
