/** The editor in the colours of the screens: Liquid stands out in our own teal, markup steps back. */
import { htmlLanguage } from '@codemirror/lang-html';
import { liquidLanguage } from '@codemirror/lang-liquid';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** Not of the CSS within: what is coloured is what a template is about. */
const markup = HighlightStyle.define(
  [
    { tag: [tags.tagName, tags.angleBracket, tags.documentMeta], color: 'var(--postern-dim)' },
    { tag: [tags.attributeName, tags.propertyName], color: 'var(--postern-dim)' },
    { tag: tags.comment, color: 'var(--postern-dim)', fontStyle: 'italic' },
  ],
  { scope: htmlLanguage },
);

const words = HighlightStyle.define(
  [
    { tag: tags.comment, color: 'var(--postern-dim)', fontStyle: 'italic' },
    { tag: [tags.brace, tags.processingInstruction], color: 'var(--postern-action)' },
    {
      tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword],
      color: 'var(--postern-action)',
      fontWeight: '600',
    },
    { tag: [tags.variableName, tags.definition(tags.variableName)], color: 'var(--postern-action)', fontWeight: '600' },
    { tag: [tags.function(tags.variableName), tags.modifier], color: 'var(--postern-action)' },
  ],
  { scope: liquidLanguage },
);

const frame = EditorView.theme({
  '&': {
    border: '1px solid var(--postern-input-border)',
    borderRadius: '4px',
    backgroundColor: 'var(--postern-page)',
    color: 'var(--postern-text)',
    fontSize: '13px',
  },
  '&.cm-focused': { outline: '2px solid var(--postern-action)', outlineOffset: '-1px' },
  '&.cm-readonly': { borderColor: 'var(--postern-line)' },
  '.cm-scroller': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    fontVariantLigatures: 'none',
    lineHeight: '1.55',
    minHeight: 'var(--editor-least-height, 160px)',
    maxHeight: 'var(--editor-most-height, 60vh)',
    overflow: 'auto',
  },
  '.cm-content': { caretColor: 'var(--postern-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--postern-text)' },
  '.cm-gutters': {
    backgroundColor: 'var(--postern-pane)',
    color: 'var(--postern-dim)',
    borderRight: '1px solid var(--postern-line)',
    fontVariantNumeric: 'tabular-nums',
  },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--postern-hover)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLineGutter': { backgroundColor: 'var(--postern-hover)', color: 'var(--postern-text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--postern-selected)',
  },
  '.cm-matchingBracket': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-matchingBracket': {
    backgroundColor: 'var(--postern-selected)',
    outline: '1px solid var(--postern-line)',
  },
  '.cm-tooltip': {
    border: '1px solid var(--postern-line)',
    borderRadius: '4px',
    backgroundColor: 'var(--postern-page)',
    color: 'var(--postern-text)',
    boxShadow: 'var(--mantine-shadow-md)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mantine-font-family-monospace)', maxHeight: '14em' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px', lineHeight: '1.5' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--postern-selected)',
    color: 'var(--postern-text)',
  },
  '.cm-completionDetail': {
    fontFamily: 'var(--mantine-font-family)',
    fontStyle: 'normal',
    fontSize: '12px',
    color: 'var(--postern-dim)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionInfo': { padding: '6px 10px', fontSize: '13px', maxWidth: '280px' },
  '.cm-panels': { backgroundColor: 'var(--postern-pane)', color: 'var(--postern-text)' },
  '.cm-searchMatch': { backgroundColor: 'var(--postern-waiting-ground)', outline: '1px solid var(--postern-waiting)' },
  '.cm-textfield, .cm-button': {
    border: '1px solid var(--postern-input-border)',
    borderRadius: '4px',
    backgroundColor: 'var(--postern-page)',
    backgroundImage: 'none',
    color: 'var(--postern-text)',
  },
  '.cm-diagnostic': { padding: '6px 10px', whiteSpace: 'pre-wrap', maxWidth: '420px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--postern-failed)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--postern-waiting)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--postern-failed)',
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '3px',
  },
  '.cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--postern-waiting)',
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '3px',
  },
  '.cm-gutter-lint .cm-gutterElement': { display: 'flex', alignItems: 'center' },
});

export const editorLook = [frame, syntaxHighlighting(markup), syntaxHighlighting(words)];
