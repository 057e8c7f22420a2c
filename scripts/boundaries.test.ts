import { describe, expect, it } from 'vitest';
import { findFaults, readImports } from './boundaries.ts';

const faultsOf = (files: Record<string, string>) =>
  findFaults(new Map(Object.entries(files)), new Set(['zod', 'kysely', 'fastify']));

describe('reading imports', () => {
  it('finds every form and tells types from values', () => {
    const text = [
      "import { a, type B } from './one.ts';",
      "import type { C } from './two.ts';",
      "import { type D, type E } from './three.ts';",
      "import 'side-effect';",
      "export * from './four.ts';",
      "export type { F } from '../five.ts';",
      "const g = await import('./six.ts');",
      "let h: typeof import('./seven.ts');",
      "// import { no } from './comment.ts';",
      "/* import { no } from './comment.ts'; */",
      'import {\n  i,\n  j,\n} from "double";'.replaceAll('"', "'"),
    ].join('\n');
    expect(readImports('server/room/file.ts', text)).toEqual([
      { specifier: './one.ts', target: 'server/room/one.ts', isTypeOnly: false, names: ['a'] },
      { specifier: './two.ts', target: 'server/room/two.ts', isTypeOnly: true, names: [] },
      { specifier: './three.ts', target: 'server/room/three.ts', isTypeOnly: true, names: [] },
      { specifier: './four.ts', target: 'server/room/four.ts', isTypeOnly: false, names: [] },
      { specifier: '../five.ts', target: 'server/five.ts', isTypeOnly: true, names: [] },
      { specifier: 'double', target: null, isTypeOnly: false, names: ['i', 'j'] },
      { specifier: 'side-effect', target: null, isTypeOnly: false, names: [] },
      { specifier: './six.ts', target: 'server/room/six.ts', isTypeOnly: false, names: [] },
      { specifier: './seven.ts', target: 'server/room/seven.ts', isTypeOnly: true, names: [] },
    ]);
  });
});

describe('boundaries', () => {
  const refused: [rule: string, file: string, text: string, says: RegExp][] = [
    ['contracts take nothing of ours', 'contracts/a.ts', "import { b } from '../server/b.ts';", /move what both need/],
    ['web takes nothing of the server', 'web/lib/a.ts', "import { b } from '../../server/b.ts';", /over HTTP/],
    ['the server takes nothing of web', 'server/room/a.ts', "import { b } from '../../web/lib/b.ts';", /contracts/],
    ['ui knows no feature', 'web/ui/a.tsx', "import { b } from '../features/room/b.tsx';", /as a property/],
    ['features are strangers', 'web/features/a/a.tsx', "import { b } from '../b/b.tsx';", /link to the other page/],
    ['platform knows no room', 'server/platform/a.ts', "import { b } from '../room/b.ts';", /from compose\.ts/],
    [
      'effects are handed over',
      'server/room/a.routes.ts',
      "import { b } from '../other/b.store.ts';",
      /as an argument/,
    ],
    ['a pure file takes no store', 'server/room/a.ts', "import { b } from './b.store.ts';", /give this file a suffix/],
    ['a pure file has no disk', 'server/room/a.ts', "import { readFile } from 'node:fs/promises';", /with a suffix/],
    ['nobody asks for what compose builds', 'server/room/a.ts', "import { b } from '../compose.ts';", /an argument/],
    ['nobody asks for a part of it', 'server/room/a.store.ts', "import { b } from '../compose/b.ts';", /an argument/],
    ['nor for its type', 'server/room/a.routes.ts', "import type { B } from '../compose/b.ts';", /an argument/],
    ['development packages stay out', 'server/room/a.ts', "import { b } from 'vite';", /among the dependencies/],
    ['the environment has one reader', 'server/room/a.ts', 'const b = process.env.B;', /only config\.ts/],
    ['which is not the start either', 'server/main.ts', 'const b = process.env.B;', /only config\.ts/],
    ['product code knows no tests', 'server/room/a.ts', "import { b } from '../../test/b.ts';", /product code/],
  ];
  it.each(refused)('%s', (_rule, file, text, says) => {
    expect(faultsOf({ [file]: text })).toEqual([{ file, says: expect.stringMatching(says) }]);
  });

  it('lets through what the rules allow', () => {
    const allowed = {
      'contracts/a.ts': "import { z } from 'zod';\nimport { b } from './b.ts';",
      'server/room/a.ts': "import type { B } from '../other/b.store.ts';\nimport { c } from '../other/c.ts';",
      'server/room/address.ts': "import { isIP } from 'node:net';",
      'server/room/a.store.ts': "import { sql } from 'kysely';\nimport { a } from './a.ts';",
      'server/compose.ts': "import { composeB } from './compose/b.ts';",
      'server/compose/b.ts': "import { open } from '../room/a.store.ts';",
      'server/cli/b.ts': "import { composeB } from '../compose/b.ts';",
      'server/room/a.store.test.ts': "import { databases } from '../../test/support/databases.ts';",
      'web/features/a/a.tsx': "import { b } from '../../ui/b.tsx';\nimport { c } from '../../../contracts/c.ts';",
    };
    expect(faultsOf(allowed)).toEqual([]);
  });

  it('finds a circle, but not one of types alone', () => {
    const circle = {
      'server/room/a.ts': "import { b } from './b.ts';",
      'server/room/b.ts': "import { a } from './a.ts';",
    };
    expect(faultsOf(circle)).toEqual([{ file: 'server/room/a.ts', says: expect.stringContaining('in a circle') }]);
    expect(faultsOf({ ...circle, 'server/room/b.ts': "import type { A } from './a.ts';" })).toEqual([]);
  });
});
