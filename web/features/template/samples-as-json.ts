/** All samples as one JSON object, as a program gives variables; and back. */
import { readSample, writeSample } from './sample-value.ts';
import type { VariableDraft } from './template-draft.ts';

export function samplesOf(variables: readonly VariableDraft[]): string {
  const samples = variables.flatMap(({ name, type, sample }) => {
    const read = readSample(type, sample);
    return name === '' || !read.ok || read.value === undefined ? [] : [[name, read.value] as const];
  });
  return JSON.stringify(Object.fromEntries(samples), null, 2);
}

export type ParsedSamples = { ok: true; variables: VariableDraft[] } | { ok: false; problem: string };

/** A variable that the object does not have loses its sample. */
export function parseSamples(text: string, variables: readonly VariableDraft[]): ParsedSamples {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return { ok: false, problem: `This is not JSON yet: ${(error as Error).message}` };
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { ok: false, problem: 'Give an object: { "name": "Ada" }.' };
  const samples = given as Record<string, Parameters<typeof writeSample>[0]>;
  const unknown = Object.keys(samples).find((name) => !variables.some((one) => one.name === name));
  if (unknown !== undefined)
    return { ok: false, problem: `${unknown} is not declared. Declare it among the fields, or take it out.` };
  const next = variables.map((one) => ({
    ...one,
    sample: Object.hasOwn(samples, one.name) ? writeSample(samples[one.name]) : '',
  }));
  for (const { name, type, sample } of next) {
    const read = readSample(type, sample);
    if (!read.ok) return { ok: false, problem: `${name}: ${read.problem}` };
  }
  return { ok: true, variables: next };
}
