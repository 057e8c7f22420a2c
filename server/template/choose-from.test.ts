import { describe, expect, it } from 'vitest';
import { chooseFrom, explainFrom, type FromParts } from './choose-from.ts';

const settings = { fromName: 'Office', fromEmail: 'office@example.com' };
const explicit = { name: 'Ada', address: 'ada@example.com' };

describe('From', () => {
  // template name × template address × settings' name × explicit From (none, allowed, refused)
  const table: [name: string, address: string, fromName: string, from: string, expected: string, why: string][] = [
    ['', '', '', 'none', '<office@example.com>', 'settings settings'],
    ['', '', 'Office', 'none', 'Office <office@example.com>', 'settings settings'],
    ['Sales', '', '', 'none', 'Sales <office@example.com>', 'template settings'],
    ['Sales', '', 'Office', 'none', 'Sales <office@example.com>', 'template settings'],
    ['', 's@example.com', '', 'none', '<s@example.com>', 'settings template'],
    ['', 's@example.com', 'Office', 'none', 'Office <s@example.com>', 'settings template'],
    ['Sales', 's@example.com', '', 'none', 'Sales <s@example.com>', 'template template'],
    ['Sales', 's@example.com', 'Office', 'none', 'Sales <s@example.com>', 'template template'],
    ['', '', 'Office', 'allowed', 'Ada <ada@example.com>', 'submission submission'],
    ['Sales', '', 'Office', 'allowed', 'Ada <ada@example.com>', 'submission submission'],
    ['', 's@example.com', '', 'allowed', 'Ada <ada@example.com>', 'submission submission'],
    ['Sales', 's@example.com', 'Office', 'allowed', 'Ada <ada@example.com>', 'submission submission'],
    ['', '', 'Office', 'refused', 'Office <office@example.com>', 'settings settings'],
    ['Sales', '', 'Office', 'refused', 'Sales <office@example.com>', 'template settings'],
    ['', 's@example.com', 'Office', 'refused', 'Office <s@example.com>', 'settings template'],
    ['Sales', 's@example.com', '', 'refused', 'Sales <s@example.com>', 'template template'],
  ];
  it.each(table)(
    'of template “%s” <%s>, settings “%s”, explicit From %s is %s',
    (name, address, fromName, given, expected, why) => {
      const parts: FromParts = {
        explicit: given === 'none' ? null : explicit,
        template: { name, address },
        settings: { ...settings, fromName },
        mayBeExplicit: given !== 'refused',
      };
      const from = chooseFrom(parts);
      expect(`${from.name} <${from.address}>`.trim()).toBe(expected);
      expect(`${from.nameSource} ${from.addressSource}`).toBe(why);
      const reason = explainFrom(from, parts, 'Mail server');
      expect(reason.includes('may not send for ada@example.com')).toBe(given === 'refused');
      if (why !== 'submission submission') expect(reason).toContain('Mail server');
    },
  );

  it('is the settings’ where there is no template', () => {
    const parts = { explicit: null, template: null, settings };
    expect(chooseFrom(parts)).toMatchObject({ name: 'Office', address: 'office@example.com' });
    expect(explainFrom(chooseFrom(parts), parts, 'Mail server')).not.toContain('template');
  });
});
