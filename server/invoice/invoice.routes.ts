/** HTTP for invoices: send, preview, read, send again. The rules are in send-invoice.ts. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  computeInvoiceTotals,
  type InvoiceInput,
  listInvoices,
  previewInvoice,
  previewInvoicePdf,
  readInvoice,
  readInvoicePdf as readInvoicePdfEndpoint,
  resendInvoice as resendInvoiceEndpoint,
  sendInvoice as sendInvoiceEndpoint,
} from '../../contracts/invoice.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import { repeatedHeader, type TemplateUse } from '../../contracts/submission.ts';
import { readTemplatePreviewHtml } from '../../contracts/template-preview.ts';
import { measureBase64 } from '../mime/base64-lines.ts';
import { callerName, type Router } from '../platform/http.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import { chooseSettings, type SettingsDirectory } from '../submission/choose-settings.ts';
import { formatMailbox } from '../submission/mailbox.ts';
import { describeTooLarge } from '../submission/server-size.ts';
import { isSubmissionKey, maxKeyLength } from '../submission/submission-key.ts';
import { chooseFrom } from '../template/choose-from.ts';
import type { Rendering } from '../template/render-template.ts';
import type { ShownPreviews } from '../template/shown-previews.ts';
import { addUp } from './add-up.ts';
import { listVariables, readInvoicePdf } from './mail-invoice.ts';
import { checkInvoice, resendInvoice, type SendInvoiceParts, sendInvoice } from './send-invoice.ts';
import { nameFile, toDocument, toInvoice, toSummary } from './stored-invoice.ts';

export interface InvoiceRouteParts extends SendInvoiceParts {
  render: (use: TemplateUse) => Promise<Rendering>;
  settings: SettingsDirectory;
  shown: Pick<ShownPreviews, 'keep'>;
}

/** The disk or the database may be back at any moment. */
const retryAfterSeconds = 5;

export const addInvoiceRoutes = ({ route }: Router, parts: InvoiceRouteParts): void => {
  const { store } = parts;
  const readWhole = async (id: string) => {
    const read = await store.read(id);
    if (!read) throw new Refusal('not_found', 'There is no invoice with this id.');
    return toInvoice(read.invoice, read.mails);
  };

  route(sendInvoiceEndpoint, async ({ params, body, caller, reply }) => {
    const done = await sendInvoice(parts, params.id, body, callerName(caller));
    if (done.outcome === 'repeated') reply.header(repeatedHeader, 'true');
    if (done.outcome !== 'sent' && done.outcome !== 'repeated') return refuse(done);
    const differs = done.outcome === 'repeated' ? done.differs : [];
    return { ...(await readWhole(done.id)), is_repeated: done.outcome === 'repeated', differs };
  });

  const check = async (ref: string, body: InvoiceInput, by: string) => {
    const checked = await checkInvoice(parts, ref, body, by, { isPreview: true });
    return checked.outcome === 'ready' ? checked : refuse(checked);
  };

  route(previewInvoice, async ({ params, body, caller }) => {
    const { account, invoice, existing } = await check(params.id, body, callerName(caller));
    const first = account.contacts[0]!;
    const rendered = await parts.render({
      key: invoice.content.template,
      language: body.language ?? first.language,
      variables: listVariables(invoice, first.name),
    });
    if (!rendered.ok)
      throw refuseAll(
        rendered.problems.map((one) => ({ ...one, path: one.path.replace(/^template\.key$/, 'template') })),
      );
    const chosen = await chooseSettings(parts.settings, invoice.content.smtp_settings ?? rendered.settings);
    if (!chosen.ok) throw refuseAll([chosen.problem]);
    if (invoice.pdf) {
      const octets = measureBase64(invoice.pdf.byteLength) + Buffer.byteLength(rendered.html + rendered.text);
      const message = describeTooLarge(octets, chosen.settings, parts.clock.now());
      if (message !== null) throw refuseAll([{ path: 'pdf', code: 'too_large', message }]);
    }
    const template = { name: rendered.from.name ?? '', address: rendered.from.address ?? '' };
    const from = chooseFrom({ explicit: null, template, settings: chosen.settings });
    const html = showImages(rendered.html, rendered.inlineImages);
    return {
      totals: invoice.content.totals,
      recipients: invoice.mails.map(({ contactId, name, address, language }) => ({
        contact_id: contactId,
        name,
        address,
        language,
      })),
      from: formatMailbox({ name: from.name, address: from.address }),
      subject: rendered.subject,
      html,
      html_path: readTemplatePreviewHtml.path.replace(':preview', parts.shown.keep(html)),
      text: rendered.text,
      pdf_filename: nameFile(invoice.number),
      existing_id: existing?.id ?? null,
    };
  });

  route(previewInvoicePdf, async ({ params, body, caller, reply }) => {
    const { invoice, look } = await check(params.id, body, callerName(caller));
    const bytes = invoice.pdf ? Buffer.from(invoice.pdf) : await parts.pdf.make(toDocument(invoice), look);
    return sendPdf(reply, bytes, invoice.number);
  });

  route(computeInvoiceTotals, async ({ body }) => {
    const added = addUp(body);
    if (!added.ok) throw refuseAll(added.problems);
    return added.totals;
  });

  route(listInvoices, async ({ query }) => {
    const { data, next } = await store.list(
      { accountId: query.account_id, runId: query.billing_run_id, number: query.number },
      query,
    );
    return { data: data.map(({ invoice, mails }) => toSummary(invoice, mails)), next };
  });

  route(readInvoice, async ({ params }) => readWhole(params.id));

  route(readInvoicePdfEndpoint, async ({ params, reply }) => {
    const read = await store.read(params.id);
    if (!read) throw new Refusal('not_found', 'There is no invoice with this id.');
    return sendPdf(reply, await readInvoicePdf(read.invoice, parts), read.invoice.number);
  });

  route(resendInvoiceEndpoint, async ({ params, body, caller, request }) => {
    const done = await resendInvoice(parts, {
      id: params.id,
      contactIds: body.contact_ids,
      key: readKey(request),
      by: callerName(caller),
      reason: 'resend',
    });
    if (done.outcome !== 'sent') return refuse(done);
    return readWhole(params.id);
  });
};

function readKey(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key === 'string' && isSubmissionKey(key)) return key;
  const message = `Idempotency-Key: give 1 to ${maxKeyLength} printable ASCII characters, another for each time it is sent.`;
  throw refuseField('Idempotency-Key', 'invalid', message);
}

const refuseAll = (fields: FieldProblem[]): Refusal =>
  new Refusal(fields[0]?.code === 'too_large' ? 'payload_too_large' : 'validation_error', fields[0]?.message ?? '', {
    fields,
  });

function refuse(
  done:
    | { outcome: 'no-account' | 'not-found' }
    | { outcome: 'refused'; problems: FieldProblem[] }
    | { outcome: 'unavailable'; problem: string }
    | { outcome: 'repeated' },
): never {
  switch (done.outcome) {
    case 'no-account':
      throw new Refusal('not_found', 'There is no account with this id or number. Add it under Accounts.');
    case 'refused':
      throw refuseAll(done.problems);
    case 'unavailable':
      throw new Refusal(
        'unavailable',
        `${done.problem} The invoice is mailed as soon as that has passed; sending it again changes nothing.`,
        { headers: { 'retry-after': String(retryAfterSeconds) } },
      );
    default:
      throw new Refusal('not_found', 'There is no invoice with this id.');
  }
}

function sendPdf(reply: FastifyReply, bytes: Buffer, number: string): undefined {
  const name = nameFile(number);
  const ascii = name.replaceAll(/[^\w.-]/g, '_');
  reply.type('application/pdf').headers({
    'content-disposition': `inline; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-cache',
  });
  reply.send(bytes);
  return undefined;
}

/** A preview has no parts beside it. */
function showImages(html: string, images: { contentId?: string; contentType?: string; content: unknown }[]): string {
  return images.reduce((shown, { contentId, contentType, content }) => {
    const data = `data:${contentType};base64,${Buffer.from(content as Uint8Array).toString('base64')}`;
    return contentId ? shown.replaceAll(`cid:${contentId}`, data) : shown;
  }, html);
}
