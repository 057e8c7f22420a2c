import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import {
  type BillingField,
  type BillingMapping,
  type BillingRun,
  billingFields,
  checkBillingRun,
} from '../../../contracts/billing-run.ts';
import { listSmtpSettings } from '../../../contracts/smtp-settings.ts';
import { listTemplates } from '../../../contracts/template.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { CodeInput } from '../../ui/code-input.tsx';
import { type ColumnMapping, MapColumns } from '../../ui/map-columns.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import classes from './billing-run.module.css';
import { runQuery } from './billing-run-queries.ts';

const fieldWords: Record<BillingField, string> = {
  account: 'Account number (needed)',
  number: 'Invoice number (needed)',
  issued_on: 'Date',
  due_on: 'Due',
  currency: 'Currency',
  description: 'Line: description',
  quantity: 'Line: quantity',
  unit_price: 'Line: price of one',
  tax_rate: 'Line: tax in per cent',
  total: 'Total of the invoice',
  reference: 'Customer’s reference',
  notes: 'Notes',
  language: 'Language',
  pdf: 'File name of the PDF',
};

const shown = ['defaults.currency', 'defaults.issued_on', 'defaults.due_on', 'defaults.language'];

/** By place on the screen, by name in the API. */
const toPlaces = (mapping: BillingMapping, columns: BillingRun['columns']): ColumnMapping<BillingField> => {
  const places: ColumnMapping<BillingField> = {};
  for (const field of billingFields) {
    const at = columns.findIndex(({ name }) => name === mapping[field]);
    if (at >= 0) places[field] = at;
  }
  return places;
};

const toNames = (places: ColumnMapping<BillingField>, columns: BillingRun['columns']): BillingMapping => {
  const mapping: BillingMapping = {};
  for (const field of billingFields) {
    const column = columns[places[field] ?? -1];
    if (column !== undefined) mapping[field] = column.name;
  }
  return mapping;
};

/** What the columns mean, what holds where a row says nothing, and how it is mailed; then every row is checked. */
export function RunMapping({ run }: { run: BillingRun }) {
  const { id, columns, options, state } = run;
  const queryClient = useQueryClient();
  const whyNot = useReasonWhyNot(checkBillingRun);
  const [places, setPlaces] = useState(() => toPlaces(options.mapping, columns));
  const [texts, setTexts] = useState({
    currency: options.defaults.currency ?? '',
    issued_on: options.defaults.issued_on ?? '',
    due_on: options.defaults.due_on ?? '',
    language: options.defaults.language ?? '',
  });
  const [decimalSign, setDecimalSign] = useState<string>(options.decimal_sign ?? '');
  const [dateOrder, setDateOrder] = useState<string>(options.date_order ?? '');
  const [template, setTemplate] = useState(options.template);
  const [settings, setSettings] = useState(options.smtp_settings ?? '');
  const checking = useMutation({
    mutationFn: () =>
      call(checkBillingRun, {
        params: { id },
        body: {
          mapping: toNames(places, columns),
          defaults: Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== '')),
          ...(decimalSign === '.' || decimalSign === ',' ? { decimal_sign: decimalSign } : {}),
          ...(dateOrder === 'ymd' || dateOrder === 'dmy' || dateOrder === 'mdy' ? { date_order: dateOrder } : {}),
          template,
          ...(settings === '' ? {} : { smtp_settings: settings }),
        },
      }),
    onSuccess: (changed) => {
      queryClient.setQueryData(runQuery(id).queryKey, changed);
      void queryClient.invalidateQueries({ queryKey: ['billing-runs', 'items', id] });
    },
  });
  const { of, general } = fieldMessages(checking.error, shown);
  const bind = (field: keyof typeof texts) => ({
    value: texts[field],
    error: of(`defaults.${field}`),
    onChange: (event: { currentTarget: { value: string } }) =>
      setTexts({ ...texts, [field]: event.currentTarget.value }),
  });
  const isTable = columns.length > 0;
  const missing = isTable ? whatIsMissing(places) : null;
  const refusal = whyNot ?? missing;
  const isAgain = state === 'checked';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!checking.isPending && refusal === null) checking.mutate();
  };
  return (
    <section className={look.section} aria-labelledby="mapping-title">
      <h2 id="mapping-title">{isAgain ? 'Check again, or otherwise' : 'What the file says'}</h2>
      <form onSubmit={submit} noValidate>
        {isTable && (
          <MapColumns
            columns={columns}
            fields={fieldWords}
            mapping={places}
            isDisabled={whyNot !== null}
            onChange={setPlaces}
          />
        )}
        <fieldset className={classes.fields}>
          <legend>Where a row says nothing</legend>
          <CodeInput of="currency" label="Currency" placeholder="the account’s" {...bind('currency')} />
          <TextInput type="date" label="Date" {...bind('issued_on')} />
          <TextInput type="date" label="Due" {...bind('due_on')} />
          <CodeInput of="language" label="Language" placeholder="the contact’s" {...bind('language')} />
        </fieldset>
        <fieldset className={classes.fields}>
          <legend>How it is read and mailed</legend>
          {isTable && (
            <>
              <NativeSelect
                label="Amounts"
                data={[
                  { value: '', label: 'As the file suggests' },
                  { value: '.', label: '1,190.50' },
                  { value: ',', label: '1.190,50' },
                ]}
                value={decimalSign}
                onChange={(event) => setDecimalSign(event.currentTarget.value)}
              />
              <NativeSelect
                label="Dates"
                data={[
                  { value: '', label: 'As the file suggests' },
                  { value: 'ymd', label: '2026-11-22' },
                  { value: 'dmy', label: '22.11.2026' },
                  { value: 'mdy', label: '11/22/2026' },
                ]}
                value={dateOrder}
                onChange={(event) => setDateOrder(event.currentTarget.value)}
              />
            </>
          )}
          <TemplateSelect value={template} onChange={setTemplate} />
          <SettingsSelect value={settings} onChange={setSettings} />
        </fieldset>
        <ProblemNote error={general} title="It was not checked" />
        <div className={look.buttons}>
          <Button
            type="submit"
            variant={isAgain ? 'default' : 'filled'}
            loading={checking.isPending}
            disabled={refusal !== null}
          >
            {isAgain ? 'Check again' : 'Check every row'}
          </Button>
          <span className={look.dim}>{refusal ?? 'Nothing is mailed by checking.'}</span>
        </div>
      </form>
    </section>
  );
}

function whatIsMissing(places: ColumnMapping<BillingField>): string | null {
  if (places.account === undefined) return 'Say which column has the number of the account.';
  if (places.number === undefined) return 'Say which column has the number of the invoice.';
  if (places.unit_price === undefined && places.total === undefined) {
    return 'Say which column has the price of one, or the total.';
  }
  return null;
}

interface SelectProps {
  value: string;
  onChange: (value: string) => void;
}

function TemplateSelect({ value, onChange }: SelectProps) {
  const templates = useQuery({
    queryKey: ['templates', 'for-billing'],
    queryFn: ({ signal }) => call(listTemplates, { query: { limit: 1000 }, signal }),
  });
  const found = templates.data?.data.map(({ key, name }) => ({ value: key, label: name })) ?? [];
  const data = found.some((each) => each.value === value) ? found : [{ value, label: value }, ...found];
  return (
    <NativeSelect
      label="Template"
      data={data}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function SettingsSelect({ value, onChange }: SelectProps) {
  const settings = useQuery({
    queryKey: ['smtp-settings', 'for-billing'],
    queryFn: ({ signal }) => call(listSmtpSettings, { query: { limit: 1000 }, signal }),
  });
  const found = settings.data?.data.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  const isUnknown = value !== '' && !found.some((each) => each.value === value);
  const data = [
    { value: '', label: 'The template’s, else the default' },
    ...(isUnknown ? [{ value, label: value }] : []),
    ...found,
  ];
  return (
    <NativeSelect
      label="SMTP settings"
      data={data}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
