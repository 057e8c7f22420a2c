/** What the message says, in one language at a time: subject, body, and the text part. */
import { Button, Menu, Switch, TextInput } from '@mantine/core';
import { IconBraces } from '@tabler/icons-react';
import { lazy, type RefObject, Suspense, useMemo, useRef } from 'react';
import type { Template } from '../../../contracts/template.ts';
import type { TemplateProblem } from '../../../contracts/template-preview.ts';
import { Loading } from '../../ui/loading.tsx';
import { Note } from '../../ui/note.tsx';
import type { KnownVariable } from './complete-liquid.ts';
import { type EditorMark, marksOf } from './editor-marks.ts';
import { type FormPart, fieldProps } from './form-fields.tsx';
import { languageName } from './language-name.ts';
import { LanguageTabs } from './language-tabs.tsx';
import { elementOf } from './place-words.ts';
import { readSample } from './sample-value.ts';
import { NameFields } from './settings-tab.tsx';
import { pathOfWords, type TemplateDraft } from './template-draft.ts';
import classes from './template-panel.module.css';

const SourceEditor = lazy(async () => ({ default: (await import('./source-editor.tsx')).SourceEditor }));

interface MessageTabProps extends FormPart {
  saved: Template | null;
  /** Which of the words, from 0. */
  at: number;
  /** `added`: the language of words that are new. */
  onSelect: (at: number, added?: string) => void;
  /** What the server found in the preview of this language. */
  problems: readonly TemplateProblem[];
}

export function MessageTab({ form, isReadOnly, saved, at, onSelect, problems }: MessageTabProps) {
  const { draft } = form;
  const part = { form, isReadOnly };
  const words = draft.words[at] ?? draft.words[0];
  const path = pathOfWords(at);
  const variables = useMemo(() => knownVariables(draft), [draft]);
  const insert = useRef<((text: string) => void) | null>(null);
  if (!words) return null;
  const editorOf = (field: 'source' | 'text', label: string, format: 'html' | 'mjml' | 'plain') => (
    <EditorField
      key={`${at} ${words.language} ${field}`}
      id={elementOf(`${path}${field}`)}
      label={label}
      path={`${path}${field}`}
      problem={form.problems[`${path}${field}`]}
      format={format}
      value={words[field] ?? ''}
      variables={variables}
      problems={problems}
      isReadOnly={isReadOnly}
      insert={field === 'source' ? insert : null}
      onChange={(value) => form.setWords(at, { [field]: value })}
    />
  );
  return (
    <div className={classes.fields}>
      {saved === null && <NameFields {...part} saved={saved} />}
      <LanguageTabs form={form} at={at} onSelect={onSelect} isReadOnly={isReadOnly} />
      <TextInput
        {...fieldProps(part, `${path}subject`, { isRequired: true })}
        value={words.subject}
        onChange={(event) => form.setWords(at, { subject: event.currentTarget.value })}
      />
      <div>
        <div className={classes.editorHead}>
          <span className={classes.label} aria-hidden>
            {draft.format === 'mjml' ? 'Body in MJML' : 'Body in HTML'}
          </span>
          {!isReadOnly && <InsertVariable variables={variables} insert={insert} />}
        </div>
        {editorOf('source', `Body in ${languageName(words.language)}`, draft.format)}
      </div>
      <div>
        <Switch
          label="Write the text part by hand"
          description="For mail programs without HTML. Off: it is made from the HTML."
          checked={words.text !== null}
          disabled={isReadOnly}
          onChange={(event) => form.setWords(at, { text: event.currentTarget.checked ? '' : null })}
        />
        {words.text !== null && (
          <div className={classes.textPart}>
            {editorOf('text', `Text part in ${languageName(words.language)}`, 'plain')}
          </div>
        )}
      </div>
      {isReadOnly && <Note kind="plain">The editor can be read and searched (Ctrl+F), not changed.</Note>}
    </div>
  );
}

const knownVariables = ({ variables }: TemplateDraft): KnownVariable[] =>
  variables.flatMap(({ name, type, description, sample }) => {
    const read = readSample(type, sample);
    return name === '' ? [] : [{ name, type, description, sample: read.ok ? read.value : undefined }];
  });

interface EditorFieldProps {
  id: string;
  label: string;
  path: string;
  problem: string | undefined;
  format: 'html' | 'mjml' | 'plain';
  value: string;
  variables: readonly KnownVariable[];
  problems: readonly TemplateProblem[];
  isReadOnly: boolean;
  insert: RefObject<((text: string) => void) | null> | null;
  onChange: (value: string) => void;
}

const noMarks: readonly EditorMark[] = [];

function EditorField({ id, label, path, problem, problems, insert, isReadOnly, ...editor }: EditorFieldProps) {
  const { value } = editor;
  const marks = useMemo(() => {
    const found = marksOf(
      value,
      problems.filter((one) => one.path === path),
    );
    return found.length === 0 ? noMarks : found;
  }, [value, problems, path]);
  return (
    // The focus is led here by what names the field; it goes on into the editor.
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing of it is for a person to press
    <div
      id={id}
      tabIndex={-1}
      className={classes.editor}
      data-error={problem !== undefined || undefined}
      onFocus={(event) => {
        if (event.target === event.currentTarget)
          event.currentTarget.querySelector<HTMLElement>('.cm-content')?.focus();
      }}
    >
      <Suspense fallback={<Loading height={240} />}>
        <SourceEditor
          {...editor}
          label={label}
          describedBy={`${id}-keys`}
          marks={marks}
          isReadOnly={isReadOnly}
          {...(insert ? { insert } : {})}
        />
      </Suspense>
      {problem !== undefined && <p className={classes.problem}>{problem}</p>}
      <p id={`${id}-keys`} className={classes.keys}>
        {isReadOnly
          ? 'Ctrl+F searches.'
          : 'Type {{ or press Ctrl+Space for variables. Escape and then Tab leaves the editor.'}
      </p>
    </div>
  );
}

function InsertVariable({
  variables,
  insert,
}: {
  variables: readonly KnownVariable[];
  insert: RefObject<((text: string) => void) | null>;
}) {
  const put = (name: string) => () => requestAnimationFrame(() => insert.current?.(`{{ ${name} }}`));
  return (
    <Menu position="bottom-end" returnFocus={false}>
      <Menu.Target>
        <Button size="compact-xs" variant="subtle" leftSection={<IconBraces size={14} aria-hidden />}>
          Insert a variable
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.menu}>
        {variables.map(({ name, description, type }) => (
          <Menu.Item key={name} onClick={put(name)}>
            <code>{name}</code> <span className={classes.dim}>{description || type}</span>
          </Menu.Item>
        ))}
        <Menu.Label>From Branding</Menu.Label>
        {['company_name', 'email', 'phone', 'website'].map((name) => (
          <Menu.Item key={name} onClick={put(`brand.${name}`)}>
            <code>brand.{name}</code>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
