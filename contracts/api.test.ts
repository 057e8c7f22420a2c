/** What is true of every endpoint, also of the ones to come: fields that are not named go neither in nor out. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoints } from './api.ts';

interface Definition {
  type: string;
  catchall?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  [part: string]: unknown;
}
const definitionOf = (schema: z.ZodType): Definition => (schema as unknown as { _zod: { def: Definition } })._zod.def;

/** The schema and all that it is made of, each with where it stands. */
function* walk(
  schema: z.ZodType,
  at = '',
  seen = new Set<z.ZodType>(),
): Generator<[at: string, definition: Definition]> {
  if (seen.has(schema)) return;
  seen.add(schema);
  const definition = definitionOf(schema);
  yield [at, definition];
  for (const [name, part] of Object.entries(definition.shape ?? {})) yield* walk(part, `${at}.${name}`, seen);
  for (const part of Object.values(definition)) {
    for (const one of Array.isArray(part) ? part : [part]) if (one instanceof z.ZodType) yield* walk(one, at, seen);
  }
}
const objectsIn = (schema: z.ZodType) => [...walk(schema)].filter(([, { type }]) => type === 'object');
/** What a browser's authenticator said goes to the library that checks it as it came (WebAuthn). */
const isAuthenticators = (at: string) => /^\.passkey(\.response)?$/.test(at);
const findOpen = (schema: z.ZodType): string[] =>
  objectsIn(schema)
    .filter(([at]) => !isAuthenticators(at))
    .filter(([, { catchall }]) => catchall === undefined || definitionOf(catchall).type !== 'never')
    .map(([at]) => at);

describe('a body', () => {
  it.each(endpoints.filter(({ body }) => body).map((one) => [`${one.method} ${one.path}`, one.body!] as const))(
    'of %s takes no field that it does not name, however deep',
    (_, body) => {
      expect(findOpen(body)).toEqual([]);
    },
  );

  it('that took any would be found', () => {
    const loose = z.strictObject({ a: z.array(z.object({ b: z.string() }).optional()) });
    expect(findOpen(loose)).toEqual(['.a']);
    expect(findOpen(z.strictObject({ a: z.strictObject({}) }))).toEqual([]);
  });
});

describe('a reply', () => {
  /** Shown this one time, to whom they belong. */
  const shownOnce = new Set([
    'POST /api/v1/api-keys .key',
    'POST /api/v1/sign-in .challenge',
    'POST /api/v1/sign-in/passkey-options .challenge',
    'POST /api/v1/me/totp .secret',
  ]);
  /** The name that programs call a template by; and what a repair asks a person to type anew, which is never what it was. */
  const harmless = /templates\S* \S*\.key$|\.repairs\.changes\.password$/;
  const secret = /pass(word|phrase)$|secret$|token|hash|sealed|^key$|^challenge$|cookie/i;

  it('names no secret but those that are shown once', () => {
    const found = endpoints.flatMap(({ method, path, reply }) =>
      reply
        ? objectsIn(reply).flatMap(([at, { shape }]) =>
            Object.entries(shape ?? {}).flatMap(([name, part]) => {
              // Whether there is one is no secret.
              const isFlag = [...walk(part)].every(([, { type }]) => !['string', 'record', 'unknown'].includes(type));
              return secret.test(name) && !isFlag ? [`${method} ${path} ${at}.${name}`] : [];
            }),
          )
        : [],
    );
    expect(found.filter((one) => !shownOnce.has(one) && !harmless.test(one))).toEqual([]);
  });
});
