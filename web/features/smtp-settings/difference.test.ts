import { expect, it } from 'vitest';
import { differencesOf } from './difference.ts';
import { draftOf } from './draft.ts';
import { exampleSettings } from './test-data.ts';

const before = exampleSettings();

it('shows field by field what each of two people changed, and leaves out what they agree on', () => {
  const theirs = exampleSettings({ port: 465, security: 'tls', replyTo: 'a@example.com', fromName: 'New' });
  const mine = { ...draftOf(before), port: '2525', fromName: 'New', ehloName: 'mx.example.com' };
  expect(differencesOf(mine, before, theirs)).toEqual([
    { field: 'port', label: 'Port', mine: '2525', theirs: '465', before: '587', changedBy: 'both' },
    {
      field: 'security',
      label: 'Security',
      mine: 'Automatic',
      theirs: 'TLS from the start',
      before: 'Automatic',
      changedBy: 'theirs',
    },
    {
      field: 'ehloName',
      label: 'EHLO name',
      mine: 'mx.example.com',
      theirs: 'empty',
      before: 'empty',
      changedBy: 'mine',
    },
    {
      field: 'replyTo',
      label: 'Reply-To',
      mine: 'empty',
      theirs: 'a@example.com',
      before: 'empty',
      changedBy: 'theirs',
    },
  ]);
});

it('says that passwords differ without ever showing one', () => {
  const theirs = exampleSettings({ passwordSetAt: '2026-02-01T00:00:00.000Z' });
  const differences = differencesOf({ ...draftOf(before), password: 'my secret' }, before, theirs);
  expect(differences).toMatchObject([{ field: 'password', mine: 'a new password', changedBy: 'both' }]);
  expect(JSON.stringify(differences)).not.toContain('my secret');
});
