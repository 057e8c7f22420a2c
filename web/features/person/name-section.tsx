import { Button, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { changeProfile } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { LanguageSelect } from '../../ui/language-select.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { requiredField } from '../../ui/required.tsx';
import { Section } from '../../ui/section.tsx';
import classes from '../../ui/sections.module.css';
import { type MyProfile, useProfileChange } from './profile-query.ts';
import { roleWords } from './role-words.ts';

/** Name, and the language of mail; the role is an administrator's to change. */
export function NameSection({ profile }: { profile: MyProfile }) {
  const [draft, setDraft] = useState<{ name?: string; language?: string | null }>({});
  const { name, language } = { name: profile.name, language: profile.language, ...draft };
  const saving = useProfileChange(
    () => call(changeProfile, { body: { name, language } }),
    () => {
      setDraft({});
      notifyDone('Your profile was saved.');
    },
  );
  const messages = fieldMessages(saving.error, ['name']);
  const isChanged = name !== profile.name || language !== profile.language;
  const change = (changed: typeof draft) => {
    saving.reset();
    setDraft({ ...draft, ...changed });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!saving.isPending && isChanged) saving.mutate(undefined);
  };
  return (
    <Section
      title="You"
      intro={
        <>
          Your role is <strong>{profile.role}</strong>. {roleWords[profile.role]}
        </>
      }
    >
      <form className={classes.form} onSubmit={submit}>
        <ProblemNote error={messages.general} title="Nothing was saved" />
        <TextInput
          {...requiredField('Name')}
          name="name"
          autoComplete="name"
          required
          maxLength={100}
          value={name}
          error={messages.of('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <LanguageSelect
          description="Of what Postern mails to you, where a template has it."
          value={language}
          onChange={(next) => change({ language: next })}
        />
        <Button type="submit" loading={saving.isPending} disabled={!isChanged}>
          Save
        </Button>
      </form>
    </Section>
  );
}
