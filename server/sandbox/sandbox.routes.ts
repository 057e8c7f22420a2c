/**
 * HTTP for the sandbox's inbox. What is in a captured message is a stranger's: its HTML is a document of its own that may
 * run and load nothing, its source is plain text, and its attachments are only ever downloads of no declared type.
 */
import {
  createSandboxSettings,
  deleteSandboxMessage,
  emptySandbox,
  listSandboxMessages,
  readSandbox,
  readSandboxAttachment,
  readSandboxHtml,
  readSandboxMessage,
  readSandboxSource,
  watchSandbox,
} from '../../contracts/sandbox.ts';
import { type SmtpSettings, smtpSettingsDefaults } from '../../contracts/smtp-settings.ts';
import { openEventStream } from '../platform/event-stream.ts';
import { sendForeignFile, sendForeignHtml, sendForeignText } from '../platform/foreign-content.ts';
import { type Caller, callerName, type Router } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import type { SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import type { CaptureServer } from './capture.smtp-server.ts';
import { formatDownload } from './download-name.ts';
import { readCaptured, readCapturedAttachment } from './parse-captured.worker.ts';
import type { SandboxStore, StoredMessage } from './sandbox.store.ts';

export interface SandboxRouteParts {
  store: SandboxStore;
  capture: Pick<CaptureServer, 'status'>;
  settings: Pick<SmtpSettingsStore, 'readByAddress' | 'create'>;
}

/** A stream ends after it and the browser asks again, so that somebody who was signed out stops seeing mail. */
const streamMs = 10 * 60_000;

export const addSandboxRoutes = ({ route }: Router, { store, capture, settings }: SandboxRouteParts): void => {
  const findSettings = async () => {
    const { host, port } = capture.status();
    return port === null ? null : settings.readByAddress(host, port);
  };

  route(readSandbox, async () => ({
    ...capture.status(),
    messageCount: await store.count(),
    smtpSettingsId: (await findSettings())?.id ?? null,
  }));

  route(createSandboxSettings, async ({ caller }) => {
    const { isListening, host, port, problem } = capture.status();
    if (!isListening || port === null) throw new Refusal('conflict', problem);
    // Somebody may use the name for something else; and two clicks may come at once.
    for (let number = 1; number <= 100; number += 1) {
      const existing = await findSettings();
      if (existing) return existing;
      const name = number === 1 ? 'Sandbox' : `Sandbox ${number}`;
      const saved = await settings.create({ ...sandboxFields, name, host, port }, null, callerName(caller));
      if (saved.outcome === 'saved') return saved.settings;
    }
    throw new Refusal('conflict', 'All names from "Sandbox" to "Sandbox 100" are taken. Rename one of those settings.');
  });

  route(listSandboxMessages, ({ query }) => store.list({ ...query, cursor: query.cursor }));

  route(readSandboxMessage, async ({ params, caller }) => {
    const { summary, ehloName, remoteAddress, source } = shownTo(caller, await store.read(params.id));
    const { from: _, subject: __, ...mail } = await readCaptured(source);
    return { ...summary, ...mail, session: { ehloName, remoteAddress } };
  });

  route(readSandboxSource, async ({ params, caller, reply }) => {
    const { source } = shownTo(caller, await store.read(params.id));
    sendForeignText(reply, source, `${params.id}.eml`);
    return undefined;
  });

  route(readSandboxHtml, async ({ params, caller, reply }) => {
    const { html } = await readCaptured(shownTo(caller, await store.read(params.id)).source);
    if (html === null) throw new Refusal('not_found', 'This message has no HTML part.');
    sendForeignHtml(reply, html);
    return undefined;
  });

  route(readSandboxAttachment, async ({ params, caller, reply }) => {
    const { source } = shownTo(caller, await store.read(params.id));
    const attachment = await readCapturedAttachment(source, params.index);
    if (!attachment) throw new Refusal('not_found', 'This message has no such attachment.');
    sendForeignFile(reply, attachment.content, formatDownload(attachment.filename));
    return undefined;
  });

  route(deleteSandboxMessage, async ({ params }) => {
    if (!(await store.remove(params.id))) found(null);
    return undefined;
  });

  route(emptySandbox, async () => {
    await store.removeAll();
    return undefined;
  });

  route(watchSandbox, async ({ reply }) => {
    const stream = openEventStream(reply);
    const stopWatching = store.watch(({ event, data }) => stream.send(event, data));
    const end = setTimeout(() => stream.close(), streamMs).unref();
    stream.signal.addEventListener('abort', () => {
      stopWatching();
      clearTimeout(end);
    });
    return undefined;
  });
};

/** From an address that exists nowhere: nothing of it leaves this machine. */
const sandboxFields = {
  ...smtpSettingsDefaults,
  security: 'none',
  fromName: 'Postern Sandbox',
  fromEmail: 'sandbox@postern.example',
} satisfies Partial<SmtpSettings>;

function found(message: StoredMessage | null): StoredMessage {
  if (!message) throw new Refusal('not_found', 'There is no captured message with this id; it may have been deleted.');
  return message;
}

/** Secret mail opens accounts: who reads a reset link becomes whom it was for, whatever their own role. */
function shownTo(caller: Caller, message: StoredMessage | null): StoredMessage {
  const shown = found(message);
  if (shown.isSecret && !(caller.kind === 'person' && caller.role === 'administrator')) {
    throw new Refusal('forbidden', 'This is secret mail: what it says is shown here to administrators alone.');
  }
  return shown;
}
