/** The work that the template process does, and its answers; what crosses the pipe (frames.ts). */
import type { TemplateVariables } from '../../contracts/submission.ts';
import type { CompiledTexts, CompileResult, TemplateSource } from './compile-template.ts';
import type { HtmlFault } from './inspect-html.ts';

/** What `brand.…` holds in a template; all text, so that the simple uses are filled in once for many messages. */
export type BrandValues = Readonly<Record<string, string | boolean>>;

/** Texts that many messages are rendered from; sent to the process once. */
export interface RenderUnit {
  /** Another one whenever any of the rest is. */
  key: string;
  /** Of which template and version: what was stopped once is not tried again at once. */
  version: string;
  texts: CompiledTexts;
  brand: BrandValues;
}

export type JobInput =
  | {
      kind: 'render';
      unit: string;
      variables: TemplateVariables;
      language: string;
      /** Looks for faults in the HTML, one of them more than these octets; 0: does not look. */
      inspectFor: number;
    }
  | { kind: 'compile'; template: TemplateSource };

export type ToProcess =
  | { kind: 'unit'; unit: RenderUnit }
  | { kind: 'forget' }
  | { kind: 'jobs'; jobs: { id: number; input: JobInput }[] };

/** `bytes`: the lengths of its texts, which follow in the frame. */
export type JobAnswer =
  | { id: number; ok: true; bytes: [subject: number, html: number, text: number]; faults?: HtmlFault[] }
  | { id: number; ok: false; fault: RenderFault }
  | { id: number; ok: true; compiled: CompileResult };

export interface RenderFault {
  code: 'variable' | 'render' | 'too_slow' | 'too_large';
  /** The variable that is missing, as far as it is known. */
  variable?: string;
  message: string;
}

export type FromProcess = { kind: 'ready' } | { kind: 'answers'; answers: JobAnswer[] };
