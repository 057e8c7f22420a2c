import { Button, Checkbox } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { type ContactKind, contactKinds } from '../../../contracts/account.ts';
import { type ContactFileField, type ContactImport, checkContactImport } from '../../../contracts/contact-import.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { CodeInput } from '../../ui/code-input.tsx';
import { MapColumns } from '../../ui/map-columns.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import classes from './import.module.css';
import { importQuery } from './import-queries.ts';

const fieldWords: Record<ContactFileField, string> = {
  account_number: 'Account: number (needed)',
  account_name: 'Account: name',
  account_status: 'Account: state',
  account_language: 'Account: language',
  account_currency: 'Account: currency',
  contact_name: 'Contact: name',
  contact_address: 'Contact: e-mail address',
  contact_kinds: 'Contact: kinds',
  contact_primary_for: 'Contact: first choice for',
  contact_language: 'Contact: language',
  contact_is_active: 'Contact: active or not',
};

const shown = ['mapping', 'defaults.account_language', 'defaults.account_currency', 'defaults.contact_kinds'];

/** Which column means what, and what holds where a row says nothing; then every row is checked. */
export function ImportMapping({ contactImport }: { contactImport: ContactImport }) {
  const { id, columns, options, state } = contactImport;
  const queryClient = useQueryClient();
  const whyNot = useReasonWhyNot(checkContactImport);
  const [mapping, setMapping] = useState(options.mapping);
  const [language, setLanguage] = useState(options.defaults.account_language);
  const [currency, setCurrency] = useState(options.defaults.account_currency ?? '');
  const [kinds, setKinds] = useState<ContactKind[]>(options.defaults.contact_kinds);
  const checking = useMutation({
    mutationFn: () =>
      call(checkContactImport, {
        params: { id },
        body: {
          mapping,
          defaults: {
            account_language: language,
            contact_kinds: kinds,
            ...(currency.trim() === '' ? {} : { account_currency: currency }),
          },
        },
      }),
    onSuccess: (changed) => queryClient.setQueryData(importQuery(id).queryKey, changed),
  });
  const { of, general } = fieldMessages(checking.error, shown);
  const hasNumber = mapping.account_number !== undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!checking.isPending && whyNot === null && hasNumber) checking.mutate();
  };
  const isAgain = state === 'checked';
  return (
    <section className={look.section} aria-labelledby="mapping-title">
      <h2 id="mapping-title">{isAgain ? 'Another mapping' : 'What the columns mean'}</h2>
      <form onSubmit={submit} noValidate>
        <MapColumns
          columns={columns}
          fields={fieldWords}
          mapping={mapping}
          isDisabled={whyNot !== null}
          onChange={setMapping}
        />
        <fieldset className={classes.defaults}>
          <legend>For new ones, where a row says nothing</legend>
          <CodeInput
            of="currency"
            label="Currency"
            value={currency}
            error={of('defaults.account_currency')}
            onChange={(event) => setCurrency(event.currentTarget.value)}
          />
          <CodeInput
            of="language"
            label="Language"
            value={language}
            error={of('defaults.account_language')}
            onChange={(event) => setLanguage(event.currentTarget.value)}
          />
          <Checkbox.Group
            label="Kinds of contact"
            value={kinds}
            error={of('defaults.contact_kinds')}
            onChange={(values) => setKinds(contactKinds.filter((kind) => values.includes(kind)))}
          >
            <div className={classes.row}>
              {contactKinds.map((kind) => (
                <Checkbox key={kind} value={kind} label={kind} />
              ))}
            </div>
          </Checkbox.Group>
        </fieldset>
        <ProblemNote
          error={general ?? (of('mapping') === null ? null : new Error(of('mapping') ?? ''))}
          title="It was not checked"
        />
        <div className={look.buttons}>
          <Button
            type="submit"
            variant={isAgain ? 'default' : 'filled'}
            loading={checking.isPending}
            disabled={whyNot !== null || !hasNumber}
          >
            {isAgain ? 'Check again' : 'Check every row'}
          </Button>
          <span className={look.dim}>
            {whyNot ??
              (hasNumber ? 'Nothing is changed by checking.' : 'Say which column has the number of the account.')}
          </span>
        </div>
      </form>
    </section>
  );
}
