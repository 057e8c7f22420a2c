/** The languages of the template: choose one, add one, remove one. */
import { ActionIcon, Button, Popover, TextInput, Tooltip } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { Language } from '../../../contracts/submission.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { languageName } from './language-name.ts';
import type { Words } from './template-draft.ts';
import classes from './template-panel.module.css';
import type { TemplateForm } from './use-template-form.ts';

interface LanguageTabsProps {
  form: TemplateForm;
  at: number;
  /** `added`: the language of words that are new. */
  onSelect: (at: number, added?: string) => void;
  isReadOnly: boolean;
}

export function LanguageTabs({ form, at, onSelect, isReadOnly }: LanguageTabsProps) {
  const { words } = form.draft;
  const current = words[at] ?? words[0];
  const hasProblem = (index: number) => {
    const start = index === 0 ? /^(subject|source|text|language)$/ : new RegExp(`^variants\\.${index - 1}\\.`);
    return Object.keys(form.problems).some((path) => start.test(path));
  };
  const remove = async () => {
    if (!current || at === 0) return;
    const title = `Remove ${languageName(current.language)} from this template?`;
    const children = <p>Its subject and its words go when you save. Those who read it get another language then.</p>;
    if (!(await askYesNo({ title, children }))) return;
    form.setAllWords((all) => all.filter((_, index) => index !== at));
    onSelect(0);
  };
  return (
    <fieldset className={classes.languages}>
      <legend className="postern-hidden">Language</legend>
      {words.map(({ language }, index) => (
        <button
          key={language}
          type="button"
          aria-pressed={index === at}
          className={classes.language}
          onClick={() => onSelect(index)}
          title={index === 0 ? 'The template’s own: used where no other fits better' : undefined}
        >
          {languageName(language)}
          {hasProblem(index) && <span aria-hidden> ▲</span>}
          {hasProblem(index) && <span className="postern-hidden"> (needs a change)</span>}
        </button>
      ))}
      {!isReadOnly && (
        <>
          <AddLanguage
            taken={words}
            onAdd={(language) => {
              form.setAllWords((all) => [...all, { ...(current as Words), language }]);
              onSelect(words.length, language);
            }}
          />
          {at > 0 && current && (
            <Tooltip label={`Remove ${languageName(current.language)}`}>
              <ActionIcon aria-label={`Remove ${languageName(current.language)}`} onClick={() => void remove()}>
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          )}
        </>
      )}
    </fieldset>
  );
}

const usual = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'ja', 'zh'];

function AddLanguage({ taken, onAdd }: { taken: readonly Words[]; onAdd: (language: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const isTaken = (language: string) => taken.some((one) => one.language.toLowerCase() === language.toLowerCase());
  const add = (language: string) => {
    const checked = Language.safeParse(language.trim());
    if (!checked.success) setProblem(checked.error.issues[0]?.message ?? '');
    else if (isTaken(checked.data)) setProblem('The template has this language already.');
    else {
      setOpen(false);
      setTyped('');
      onAdd(checked.data);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // Not the form around it.
    event.stopPropagation();
    add(typed);
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} trapFocus returnFocus position="bottom-start" width={280}>
      <Popover.Target>
        <Tooltip label="Add a language">
          <ActionIcon aria-label="Add a language" onClick={() => setOpen(!isOpen)}>
            <IconPlus size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label="Add a language">
        <form onSubmit={submit} noValidate className={classes.addLanguage}>
          <TextInput
            label="Language"
            description="A tag such as de or pt-BR. It begins with the words shown now."
            value={typed}
            error={problem}
            data-autofocus
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              setProblem(null);
            }}
          />
          <div className={classes.chips}>
            {usual
              .filter((language) => !isTaken(language))
              .map((language) => (
                <Button key={language} size="compact-xs" variant="default" onClick={() => add(language)}>
                  {languageName(language)}
                </Button>
              ))}
          </div>
          <Button type="submit" size="xs">
            Add
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
