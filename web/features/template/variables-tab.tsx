/** What a message is filled with: names, types, and the samples that previews and tests use. Also as JSON. */
import { Button, SegmentedControl, Textarea } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { CopyButton } from '../../ui/copy-button.tsx';
import type { FormPart } from './form-fields.tsx';
import { elementOf } from './place-words.ts';
import { parseSamples, samplesOf } from './samples-as-json.ts';
import { newVariable } from './template-draft.ts';
import { VariableFields } from './variable-fields.tsx';
import classes from './variables-tab.module.css';

export function VariablesTab(part: FormPart) {
  const { form, isReadOnly } = part;
  const { variables } = form.draft;
  const [mode, setMode] = useState('fields');
  const add = () => {
    form.setVariables((all) => [...all, newVariable()]);
    const id = elementOf(`variables.${variables.length}.name`);
    requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(id)?.focus()));
  };
  return (
    <div className={classes.tab} id="template-variables" tabIndex={-1}>
      <div className={classes.head}>
        <p>
          Programs must give what is required; a message with a hole is refused. Samples fill the preview and test
          messages.
        </p>
        <SegmentedControl
          size="xs"
          aria-label="Show as"
          data={[
            { value: 'fields', label: 'Fields' },
            { value: 'json', label: 'Samples as JSON' },
          ]}
          value={mode}
          onChange={setMode}
        />
      </div>
      {form.problems.variables !== undefined && <p className={classes.problem}>{form.problems.variables}</p>}
      {mode === 'json' ? (
        <SamplesAsJson {...part} />
      ) : (
        <>
          {variables.length === 0 && <p className={classes.none}>No variables: every message says the same.</p>}
          <ol className={classes.list} aria-label="Variables">
            {variables.map((variable, at) => (
              <VariableFields key={variable.id} {...part} variable={variable} at={at} />
            ))}
          </ol>
          {!isReadOnly && (
            <Button variant="default" size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={add}>
              Add a variable
            </Button>
          )}
        </>
      )}
      <p className={classes.always}>
        Always there: <code>brand.company_name</code> and the other fields of Branding, and <code>language</code>.
      </p>
    </div>
  );
}

function SamplesAsJson({ form, isReadOnly }: FormPart) {
  const { variables } = form.draft;
  const [typed, setTyped] = useState(() => samplesOf(variables));
  const [problem, setProblem] = useState<string | null>(null);
  const change = (text: string) => {
    setTyped(text);
    const parsed = parseSamples(text, variables);
    setProblem(parsed.ok ? null : parsed.problem);
    if (parsed.ok) form.setVariables(() => parsed.variables);
  };
  return (
    <div className={classes.json}>
      <Textarea
        label="Samples as JSON"
        description="As a program gives them in “variables”."
        value={typed}
        error={problem}
        readOnly={isReadOnly}
        autosize
        minRows={8}
        maxRows={30}
        spellCheck={false}
        classNames={{ input: classes.mono ?? '' }}
        onChange={(event) => change(event.currentTarget.value)}
      />
      <CopyButton text={typed} label="Copy JSON" />
    </div>
  );
}
