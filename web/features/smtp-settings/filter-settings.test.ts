import { describe, expect, it } from 'vitest';
import { filterIndex, filterSettings, neighbourOf } from './filter-settings.ts';
import { exampleSettings } from './test-data.ts';

const settings = (id: string, change: Parameters<typeof exampleSettings>[0]) => exampleSettings({ id, ...change });
const office = settings('a', { name: 'Büro', host: 'smtp.example.com', fromEmail: 'billing@example.com' });
const alerts = settings('b', { name: 'Alerts', host: 'relay.example.net', fromEmail: 'ops@example.org' });
const index = filterIndex([office, alerts]);
const idsFor = (filter: string) => filterSettings(index, filter).map((one) => one.id);

describe('the filter', () => {
  it.each([
    ['', ['a', 'b']],
    ['büRO', ['a']],
    ['relay', ['b']],
    ['ops@', ['b']],
    ['example', ['a', 'b']],
    ['example alerts', ['b']],
    ['  relay  ', ['b']],
    ['nothing', []],
  ])('%j shows %j', (filter, ids) => {
    expect(idsFor(filter)).toEqual(ids);
  });

  it('takes well under a frame for each keystroke over 10,000 settings', () => {
    const many = filterIndex(Array.from({ length: 10_000 }, (_, n) => settings(`s${n}`, { name: `Server ${n}` })));
    const begin = performance.now();
    expect(filterSettings(many, 'server 9999')).toHaveLength(1);
    expect(performance.now() - begin).toBeLessThan(50);
  });
});

describe('after a deletion', () => {
  it('selects what moves into the place, else what stood before', () => {
    expect(neighbourOf([office, alerts], 'a')).toBe(alerts);
    expect(neighbourOf([office, alerts], 'b')).toBe(office);
    expect(neighbourOf([office], 'a')).toBeNull();
    expect(neighbourOf([office], 'gone')).toBe(office);
  });
});
