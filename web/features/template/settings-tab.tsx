/** How a message of the template goes: its name, from whom, by which SMTP settings, how soon, and who may read it. */
import { NativeSelect, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Template } from '../../../contracts/template.ts';
import { ReadOnlyField } from '../../ui/read-only-field.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { type FormPart, fieldProps } from './form-fields.tsx';
import { keyFromName, type TemplateDraft } from './template-draft.ts';
import classes from './template-panel.module.css';
import { settingsChoiceQuery } from './template-queries.ts';

const laneWords = [
  { value: 'urgent', label: 'Urgent: before everything else, such as password resets' },
  { value: 'normal', label: 'Normal' },
  { value: 'bulk', label: 'Bulk: when nothing else waits' },
];
const formatWords = [
  { value: 'mjml', label: 'MJML: looks right in every mail program' },
  { value: 'html', label: 'HTML: written by hand' },
];

export function SettingsTab(part: FormPart & { saved: Template | null }) {
  const { form, isReadOnly, saved } = part;
  const { draft } = form;
  const text = (field: 'from_name' | 'from_email' | 'reply_to') => ({
    value: draft[field],
    onChange: (event: { currentTarget: { value: string } }) => form.set({ [field]: event.currentTarget.value }),
    spellCheck: false,
  });
  return (
    <div className={classes.fields}>
      {saved !== null && <NameFields {...part} />}
      <TextInput
        {...fieldProps(part, 'from_name', { hint: 'The name recipients see. Empty: the SMTP settings’ own.' })}
        {...text('from_name')}
      />
      <TextInput
        {...fieldProps(part, 'from_email', { hint: 'The sender’s address. Empty: the SMTP settings’ own.' })}
        {...text('from_email')}
        inputMode="email"
      />
      <TextInput
        {...fieldProps(part, 'reply_to', { hint: 'Where answers go. Empty: as the SMTP settings say.' })}
        {...text('reply_to')}
        inputMode="email"
      />
      <SettingsChoice {...part} />
      <Choice {...part} field="lane" data={laneWords} />
      <Choice {...part} field="format" data={formatWords} />
      <Switch
        id="template-is_secret"
        label="Secret"
        description="Nobody reads in the log what its messages say: for resets and invitations, whose links open a door."
        checked={draft.is_secret}
        disabled={isReadOnly}
        onChange={(event) => form.set({ is_secret: event.currentTarget.checked })}
      />
      {saved && (
        <dl className={classes.facts} aria-label="Facts">
          <ReadOnlyField label="Version">{saved.version}</ReadOnlyField>
          <ReadOnlyField label="Created">
            <TimeAgo at={saved.created_at} />
          </ReadOnlyField>
          <ReadOnlyField label="Last saved">
            <TimeAgo at={saved.updated_at} /> {saved.updated_by === '' ? '' : `by ${saved.updated_by}`}
          </ReadOnlyField>
          <ReadOnlyField label="Comes with Postern">{saved.is_built_in ? 'Yes' : 'No'}</ReadOnlyField>
        </dl>
      )}
    </div>
  );
}

/** Until somebody types a key, it follows the name. */
export function NameFields(part: FormPart & { saved: Template | null }) {
  const { form, saved } = part;
  const { draft } = form;
  const isFollowing = saved === null && (draft.key === '' || draft.key === keyFromName(draft.name));
  return (
    <div className={classes.pair}>
      <TextInput
        {...fieldProps(part, 'name', { isRequired: true, hint: 'For people, in lists.' })}
        value={draft.name}
        onChange={(event) => {
          const name = event.currentTarget.value;
          form.set(isFollowing ? { name, key: keyFromName(name) } : { name });
        }}
      />
      <TextInput
        {...fieldProps({ form, isReadOnly: part.isReadOnly || saved !== null }, 'key', {
          isRequired: saved === null,
          hint: saved === null ? 'For programs; it stays as it is.' : 'For programs.',
        })}
        value={draft.key}
        onChange={(event) => form.set({ key: event.currentTarget.value })}
        spellCheck={false}
        autoCapitalize="off"
      />
    </div>
  );
}

function SettingsChoice(part: FormPart) {
  const { form } = part;
  const chosen = form.draft.smtp_settings_id;
  const all = useQuery(settingsChoiceQuery).data ?? [];
  const named = all.find(({ id }) => id === chosen);
  const standard = all.find(({ isDefault }) => isDefault);
  const data = [
    { value: '', label: standard ? `The default ones (now ${standard.name})` : 'The default ones' },
    ...all.map(({ id, name }) => ({ value: id, label: name })),
    ...(chosen !== null && !named ? [{ value: chosen, label: form.base?.smtp_settings?.name ?? 'Deleted' }] : []),
  ];
  if (part.isReadOnly)
    return (
      <dl className={classes.fact}>
        <ReadOnlyField label="SMTP settings">{data.find(({ value }) => value === (chosen ?? ''))?.label}</ReadOnlyField>
      </dl>
    );
  return (
    <NativeSelect
      {...fieldProps(part, 'smtp_settings_id')}
      data={data}
      value={chosen ?? ''}
      onChange={(event) => form.set({ smtp_settings_id: event.currentTarget.value || null })}
    />
  );
}

interface ChoiceProps extends FormPart {
  field: 'lane' | 'format';
  data: { value: string; label: string }[];
}

function Choice({ field, data, ...part }: ChoiceProps) {
  const value = part.form.draft[field];
  const { label, ...rest } = fieldProps(part, field);
  if (part.isReadOnly)
    return (
      <dl className={classes.fact}>
        <ReadOnlyField label={field === 'lane' ? 'Priority' : 'Format'}>
          {data.find((one) => one.value === value)?.label}
        </ReadOnlyField>
      </dl>
    );
  return (
    <NativeSelect
      {...rest}
      label={label}
      data={data}
      value={value}
      onChange={(event) => part.form.set({ [field]: event.currentTarget.value } as Partial<TemplateDraft>)}
    />
  );
}
