/**
 * CodeMirror for the words of a template; a chunk of its own, fetched when an editor is shown. Completion and marks come from
 * outside. Tab indents; Escape and then Tab leaves, as the line beneath the editor says.
 */
import { autocompletion, type CompletionContext, closeBrackets, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { html, htmlCompletionSource } from '@codemirror/lang-html';
import { liquid, liquidLanguage } from '@codemirror/lang-liquid';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { styleNonce } from '../../lib/style-nonce.ts';
import { completeLiquid, type KnownVariable } from './complete-liquid.ts';
import { editorLook } from './editor-look.ts';
import type { EditorMark } from './editor-marks.ts';

export interface SourceEditorProps {
  /** Accessible name. */
  label: string;
  /** Id of what says how to leave. */
  describedBy: string;
  value: string;
  onChange: (value: string) => void;
  format: 'html' | 'mjml' | 'plain';
  variables: readonly KnownVariable[];
  marks: readonly EditorMark[];
  isReadOnly: boolean;
  /** Set while the editor is shown: puts text where the cursor is. */
  insert?: RefObject<((text: string) => void) | null>;
}

export function SourceEditor(props: SourceEditorProps) {
  const { label, describedBy, value, format, marks, isReadOnly, insert } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the value and what is known reach the editor below, without making it anew
  useEffect(() => {
    const parent = host.current;
    if (!parent) return;
    const complete = (context: CompletionContext) => offer(context, latest.current);
    const editor = new EditorView({
      parent,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          basics(format, complete),
          access.of(accessOf(isReadOnly)),
          EditorView.contentAttributes.of({ 'aria-label': label, 'aria-describedby': describedBy, tabindex: '0' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    if (insert) {
      insert.current = (text) => {
        editor.dispatch(editor.state.replaceSelection(text));
        editor.focus();
      };
    }
    return () => {
      editor.destroy();
      view.current = null;
      if (insert) insert.current = null;
    };
  }, [format, label, describedBy]);

  // What comes from elsewhere (somebody else's save, Discard) replaces what stands here. At once: a key that came between
  // the drawing and a later look would make what was just typed differ, and be taken back.
  useLayoutEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => view.current?.dispatch({ effects: access.reconfigure(accessOf(isReadOnly)) }), [isReadOnly]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const { length } = editor.state.doc;
    const shown = marks.map((mark) => ({ ...mark, from: Math.min(mark.from, length), to: Math.min(mark.to, length) }));
    editor.dispatch(setDiagnostics(editor.state, shown));
  }, [marks]);

  return <div ref={host} />;
}

const access = new Compartment();

const accessOf = (isReadOnly: boolean): Extension => [
  EditorState.readOnly.of(isReadOnly),
  EditorView.editorAttributes.of({ class: isReadOnly ? 'cm-readonly' : '' }),
  // Nothing to indent there: Tab simply goes on.
  isReadOnly ? [] : keymap.of([indentWithTab]),
];

const basics = (
  format: SourceEditorProps['format'],
  complete: (context: CompletionContext) => ReturnType<typeof offer>,
): Extension => [
  EditorView.cspNonce.of(styleNonce),
  lineNumbers(),
  lintGutter(),
  history(),
  drawSelection(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  bracketMatching(),
  closeBrackets(),
  indentUnit.of('  '),
  EditorView.lineWrapping,
  format === 'plain' ? liquidLanguage : liquid({ base: html({ autoCloseTags: false }) }),
  autocompletion({
    override: format === 'html' ? [complete, htmlCompletionSource] : [complete],
    icons: false,
    activateOnTyping: true,
  }),
  keymap.of([...completionKeymap, ...lintKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap]),
  editorLook,
];

/** How far back a loop or a brace can have been opened. */
const lookBackCharacters = 20_000;

function offer(context: CompletionContext, { variables, format }: SourceEditorProps) {
  const start = Math.max(0, context.pos - lookBackCharacters);
  const found = completeLiquid(context.state.sliceDoc(start, context.pos), variables, format, context.explicit);
  if (found === null || found.offers.length === 0) return null;
  return {
    from: start + found.from,
    validFor: /^[\w-]*$/,
    options: found.offers.map(({ label, detail, info, kind }) => ({
      label,
      type: kind,
      ...(detail === undefined ? {} : { detail }),
      ...(info === undefined ? {} : { info }),
    })),
  };
}
