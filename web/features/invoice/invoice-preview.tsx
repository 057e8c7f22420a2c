import { Button, Tabs } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { z } from 'zod';
import type { Account } from '../../../contracts/account.ts';
import type { ReplyOf } from '../../../contracts/endpoint.ts';
import { type InvoiceInput, type previewInvoice, previewInvoicePdf, sendInvoice } from '../../../contracts/invoice.ts';
import { call, callBlob } from '../../lib/call.ts';
import { languageWords } from '../../lib/language-words.ts';
import { formatMoney } from '../../lib/money.ts';
import { Loading } from '../../ui/loading.tsx';
import { HtmlFrame, TextPart } from '../../ui/mail-parts.tsx';
import { Note } from '../../ui/note.tsx';
import { notifyDone } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { sizeWords } from '../../ui/size-words.ts';
import classes from './invoice-preview.module.css';
import { InvoiceSums } from './invoice-sums.tsx';

type Input = z.input<typeof InvoiceInput>;

interface InvoicePreviewProps {
  account: Account;
  input: Input;
  preview: ReplyOf<typeof previewInvoice>;
  onBack: () => void;
  onSent: () => void;
}

/** What would be sent and to whom, and the button that sends it. */
export function InvoicePreview({ account, input, preview, onBack, onSent }: InvoicePreviewProps) {
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { recipients, totals, existing_id: existing } = preview;
  const sending = useMutation({
    mutationFn: () => call(sendInvoice, { params: { id: account.id }, body: input }),
    onSuccess: async (invoice) => {
      onSent();
      const { is_repeated: isRepeated } = invoice;
      notifyDone(
        isRepeated ? 'It had been mailed before; nothing was mailed now.' : `Invoice ${invoice.number} was accepted.`,
      );
      void queryClient.invalidateQueries({ queryKey: ['invoices'] });
      void queryClient.invalidateQueries({ queryKey: ['accounts', 'usage'] });
      await navigate({ to: '/invoices/$id', params: { id: invoice.id } });
    },
  });
  const who = recipients.length === 1 ? 'one contact' : `${recipients.length} contacts`;
  return (
    <article className={look.page}>
      <header className={look.head}>
        <h1>
          Invoice {input.number} over {formatMoney(totals.total, totals.currency)}
        </h1>
      </header>
      <p className={look.intro}>Nothing is sent yet. Each contact gets a message of their own with the PDF attached.</p>
      {existing !== null && (
        <Note kind="waiting" title={`${account.name} has had an invoice ${input.number}`}>
          The same number is never mailed twice by accident.{' '}
          <Link to="/invoices/$id" params={{ id: existing }} className={look.link}>
            Look at that invoice
          </Link>{' '}
          to send it again, or go back and change the number.
        </Note>
      )}
      <dl className={look.facts}>
        <dt>To</dt>
        <dd>
          {recipients.map(({ contact_id: id, name, address, language }) => (
            <div key={id}>
              {name === '' ? address : `${name} <${address}>`}{' '}
              <span className={look.dim}>in {languageWords(language)}</span>
            </div>
          ))}
        </dd>
        <dt>From</dt>
        <dd>{preview.from}</dd>
        <dt>Subject</dt>
        <dd>{preview.subject}</dd>
      </dl>
      <div className={look.buttons}>
        {existing === null && (
          <Button loading={sending.isPending} onClick={() => sending.mutate()}>
            Send to {who}
          </Button>
        )}
        <Button variant="default" onClick={onBack} disabled={sending.isPending}>
          Back to editing
        </Button>
      </div>
      <ProblemNote error={sending.error} title="It was not sent" />
      <Tabs defaultValue="mail" keepMounted={false}>
        <Tabs.List aria-label="Sides of the preview" className={look.tabList}>
          <Tabs.Tab value="mail">Mail</Tabs.Tab>
          <Tabs.Tab value="text">Text</Tabs.Tab>
          <Tabs.Tab value="pdf">PDF</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="mail" className={classes.mail}>
          <HtmlFrame src={preview.html_path} />
        </Tabs.Panel>
        <Tabs.Panel value="text" className={look.panel}>
          <TextPart text={preview.text} />
        </Tabs.Panel>
        <Tabs.Panel value="pdf" className={look.panel}>
          <PdfPreview account={account} input={input} filename={preview.pdf_filename} />
        </Tabs.Panel>
      </Tabs>
      <InvoiceSums sums={totals} />
    </article>
  );
}

/** The file that would be attached, to be opened beside. */
function PdfPreview({ account, input, filename }: { account: Account; input: Input; filename: string }) {
  const pdf = useQuery({
    queryKey: ['invoices', 'preview-pdf', account.id, input],
    queryFn: ({ signal }) => callBlob(previewInvoicePdf, { params: { id: account.id }, body: input, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const url = useObjectUrl(pdf.data);
  return (
    <>
      <ProblemNote error={pdf.error} title="The PDF could not be made" onRetry={() => void pdf.refetch()} />
      {pdf.isPending && <Loading height={60} />}
      {pdf.data !== undefined && url !== null && (
        <div className={classes.pdf}>
          <span>
            <bdi>{filename}</bdi> <span className={look.dim}>{sizeWords(pdf.data.size)}</span>
          </span>
          <Button size="xs" variant="default" component="a" href={url} target="_blank" rel="noreferrer">
            Open in a new tab
          </Button>
          <Button size="xs" variant="default" component="a" href={url} download={filename}>
            Download
          </Button>
        </div>
      )}
    </>
  );
}

function useObjectUrl(blob: Blob | undefined): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (blob === undefined) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}
