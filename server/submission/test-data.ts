/** Submissions for the tests of this folder; nothing in the product imports them. */
import { EmailInput } from '../../contracts/submission.ts';
import type { AcceptedMessage, AcceptedSubmission, AcceptOutcome, AcceptStore } from './accepted-message.ts';
import type { SenderSettings } from './choose-settings.ts';
import type { TemplateRenderer } from './fill-templates.ts';

export const now = Date.UTC(2026, 10, 22, 10, 44);

/** As it is after the contract's defaults. */
export const email = (change: Record<string, unknown> = {}): EmailInput =>
  EmailInput.parse({ to: 'ann@example.com', subject: 'Hello', text: 'Hi', ...change });

export const office: SenderSettings = {
  id: 'smtp_00000000000000000000000001',
  name: 'Office',
  fromName: 'Example Ltd',
  fromEmail: 'office@example.com',
  replyTo: '',
};
export const billing: SenderSettings = {
  id: 'smtp_00000000000000000000000002',
  name: 'Billing',
  fromName: '',
  fromEmail: 'billing@example.com',
  replyTo: 'help@example.com',
};

/** The message as it will go out. */
export const readBytes = ({ content: { bytes, parts, blobs } }: AcceptedMessage): Buffer => {
  const find = (hash: string) => blobs.find((blob) => blob.hash === hash)!.bytes;
  const pieces = (parts ?? [[0, bytes.length]]).map((part) =>
    typeof part === 'string' ? find(part) : bytes.subarray(...part),
  );
  return Buffer.concat(pieces);
};

/** For what is not about templates: there are none. */
export const noTemplates: TemplateRenderer = {
  render: async () => ({ ok: false, problems: [{ path: 'template', code: 'unknown', message: 'There is none.' }] }),
};

export interface HeldStore extends AcceptStore {
  submissions: AcceptedSubmission[];
  /** What the next calls of accept come to, instead of being accepted. */
  failWith: AcceptOutcome | null;
}

/** Keeps what it is given, as the real one does as far as its callers see. */
export const openHeldStore = (): HeldStore => {
  const keys = new Map<string, { bodyHash: string; ids: string[] }>();
  const store: HeldStore = {
    submissions: [],
    failWith: null,
    accept: async (submission) => {
      if (store.failWith) return store.failWith;
      const { messages, idempotency } = submission;
      const known = idempotency && keys.get(idempotency.keyHash);
      if (known) {
        return known.bodyHash === idempotency.bodyHash
          ? { outcome: 'repeated', ids: known.ids }
          : { outcome: 'conflict' };
      }
      const ids = messages.map(({ id }) => id);
      if (idempotency) keys.set(idempotency.keyHash, { bodyHash: idempotency.bodyHash, ids });
      store.submissions.push(submission);
      return { outcome: 'accepted', ids };
    },
    findRepeat: async (keyHash) => keys.get(keyHash) ?? null,
  };
  return store;
};
