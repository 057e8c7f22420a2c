/** Pages that say of each thing which test holds Postern to it: `### P1: what`, `` - `file`: title ``, `Not yet:`. */

export interface NamedThing {
  id: string;
  tests: { file: string; title: string }[];
  lacks: string[];
}

export const readNamed = (text: string): NamedThing[] =>
  text
    .split(/^### /m)
    .slice(1)
    .map((part) => ({
      id: /^\w+/.exec(part)?.[0] ?? '',
      tests: [...part.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = '', title = '']) => ({ file, title })),
      lacks: [...part.matchAll(/^Not yet: (.+)/gm)].map(([, what = '']) => what),
    }));

const titlesOf = (text: string): string[] =>
  [...text.matchAll(/(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`)/g)].map(([, ...found]) =>
    (found.find((one) => one !== undefined) ?? '').replaceAll(/\\(.)/g, '$1'),
  );

/** @returns a line for each test that is named and is not there */
export const findUntrue = (named: readonly NamedThing[], read: (file: string) => string | null): string[] =>
  named.flatMap(({ id, tests }) =>
    tests.flatMap(({ file, title }) => {
      const text = read(file);
      if (text === null) return [`${id}: there is no ${file}`];
      return titlesOf(text).includes(title) ? [] : [`${id}: ${file} has no test "${title}"`];
    }),
  );

/** @returns the ids that are missing, those that stand twice, and those without a test or a reason why there is none */
export const findGaps = (named: readonly NamedThing[], wanted: readonly string[]): string[] => {
  const ids = named.map(({ id }) => id);
  return [
    ...wanted.filter((id) => !ids.includes(id)),
    ...ids.filter((id, place) => ids.indexOf(id) !== place),
    ...named.filter(({ tests, lacks }) => tests.length + lacks.length === 0).map(({ id }) => id),
  ];
};
