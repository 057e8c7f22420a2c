import { Button, FileButton, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link, useBlocker } from '@tanstack/react-router';
import { type FormEvent, useRef, useState } from 'react';
import type { Account } from '../../../contracts/account.ts';
import { invoiceLimits, previewInvoice } from '../../../contracts/invoice.ts';
import { call } from '../../lib/call.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { CodeInput } from '../../ui/code-input.tsx';
import { notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { requiredField } from '../../ui/required.tsx';
import { emptyDraft, type InvoiceDraft, toInput, toSentLines } from './invoice-draft.ts';
import classes from './invoice-form.module.css';
import { InvoiceLines } from './invoice-lines.tsx';
import { InvoicePreview } from './invoice-preview.tsx';
import { readBase64 } from './read-base64.ts';

const headFields = ['number', 'issued_on', 'due_on', 'currency', 'reference', 'notes', 'total', 'pdf'] as const;

/** Types an invoice; its preview takes the place of the form, and a click leads back to it with everything kept. */
export function InvoiceForm({ account }: { account: Account }) {
  const [start] = useState(() => emptyDraft(account.currency, new Date()));
  const [draft, setDraft] = useState<InvoiceDraft>(start);
  const isSent = useRef(false);
  const change = (part: Partial<InvoiceDraft>) => setDraft({ ...draft, ...part });
  const preview = useMutation({
    mutationFn: () => call(previewInvoice, { params: { id: account.id }, body: toInput(draft) }),
  });
  const isTyped = draft !== start;
  useBlocker({
    shouldBlockFn: async () => {
      if (!isTyped || isSent.current) return false;
      const children = <p>What was typed is kept nowhere else.</p>;
      return !(await askYesNo({ title: 'Leave this invoice without sending it?', children }));
    },
    enableBeforeUnload: () => isTyped && !isSent.current,
  });
  if (preview.data !== undefined) {
    return (
      <InvoicePreview
        account={account}
        input={toInput(draft)}
        preview={preview.data}
        onBack={() => preview.reset()}
        onSent={() => {
          isSent.current = true;
        }}
      />
    );
  }
  const sentAt = toSentLines(draft.lines).map(({ at }) => at);
  const shown = [...headFields, ...sentAt.map((_, index) => `lines.${index}`)];
  const { of, general } = fieldMessages(preview.error, shown);
  /** The server counts the lines that were sent; the form has others between them. */
  const lineProblem = (at: number, field: string) => {
    const index = sentAt.indexOf(at);
    return index < 0 ? null : of(`lines.${index}.${field}`);
  };
  const bind = (
    field: 'number' | 'issuedOn' | 'dueOn' | 'currency' | 'reference' | 'notes' | 'total',
    path: string,
  ) => ({
    value: draft[field],
    error: of(path),
    onChange: (event: { currentTarget: { value: string } }) => change({ [field]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!preview.isPending) preview.mutate();
  };
  const takePdf = async (file: File | null) => {
    if (file === null) return;
    if (file.size > invoiceLimits.pdfBytes) {
      notifyProblem(new Error(`“${file.name}” is larger than ${invoiceLimits.pdfBytes / 1024 / 1024} MB.`));
      return;
    }
    const base64 = await readBase64(file);
    setDraft((current) => ({ ...current, pdf: { name: file.name, base64 } }));
  };
  return (
    <article className={look.page}>
      <header className={look.head}>
        <h1>New invoice</h1>
      </header>
      <p className={look.intro}>
        To{' '}
        <Link to="/accounts/$id" params={{ id: account.id }} className={look.link}>
          {account.name}
        </Link>{' '}
        ({account.number}),{' '}
        {account.billing_contact_count === 1
          ? 'which has one billing contact'
          : `which has ${account.billing_contact_count} billing contacts`}
        . Nothing is sent before you have seen it.
      </p>
      <form onSubmit={submit} noValidate>
        <div className={classes.fields}>
          <TextInput
            {...requiredField('Invoice number')}
            autoFocus
            autoComplete="off"
            maxLength={60}
            {...bind('number', 'number')}
          />
          <TextInput {...requiredField('Date')} type="date" {...bind('issuedOn', 'issued_on')} />
          <TextInput {...requiredField('Due')} type="date" {...bind('dueOn', 'due_on')} />
          <CodeInput of="currency" {...requiredField('Currency')} {...bind('currency', 'currency')} />
          <TextInput
            label="Your customer’s reference"
            placeholder="an order number"
            maxLength={100}
            {...bind('reference', 'reference')}
          />
        </div>
        <SegmentedControl
          size="xs"
          aria-label="What is typed here"
          data={[
            { value: 'lines', label: 'Line by line' },
            { value: 'total', label: 'Only the total' },
          ]}
          value={draft.isTotalOnly ? 'total' : 'lines'}
          onChange={(value) => change({ isTotalOnly: value === 'total' })}
        />
        {draft.isTotalOnly ? (
          <TextInput
            {...requiredField('Total')}
            description="What is to be paid, tax included."
            inputMode="decimal"
            autoComplete="off"
            className={classes.total}
            {...bind('total', 'total')}
          />
        ) : (
          <InvoiceLines
            lines={draft.lines}
            currency={draft.currency}
            problemOf={lineProblem}
            onChange={(lines) => change({ lines })}
          />
        )}
        <Textarea
          label="Notes"
          description="Beneath the total: how to pay, what was agreed."
          autosize
          minRows={2}
          maxLength={4000}
          className={classes.notes}
          {...bind('notes', 'notes')}
        />
        <div className={classes.pdf}>
          <span>
            {draft.pdf !== null
              ? `The PDF is your own: ${draft.pdf.name}`
              : draft.isTotalOnly
                ? 'Attach the PDF that says what it is for; Postern’s own would show the total alone.'
                : 'Postern makes the PDF from these lines.'}
          </span>
          {draft.pdf === null ? (
            <FileButton accept="application/pdf" onChange={(file) => void takePdf(file)}>
              {(props) => (
                <Button {...props} size="xs" variant="default">
                  {draft.isTotalOnly ? 'Attach my own' : 'Attach my own instead'}
                </Button>
              )}
            </FileButton>
          ) : (
            <Button size="xs" variant="default" onClick={() => change({ pdf: null })}>
              Let Postern make it
            </Button>
          )}
        </div>
        <ProblemNote
          error={general ?? (of('pdf') === null ? null : new Error(of('pdf') ?? ''))}
          title="It cannot be sent so"
        />
        <div className={look.buttons}>
          <Button type="submit" loading={preview.isPending}>
            Preview
          </Button>
          {preview.error !== null && general === null && (
            <span role="alert" className={classes.fault}>
              Look at what is marked red.
            </span>
          )}
        </div>
      </form>
    </article>
  );
}
