/**
 * The sandbox's SMTP server: takes every message from programs on this machine, forwards none.
 *
 * It listens on loopback only, whatever else is configured. Anybody may sign in with anything, and nothing of it is kept.
 * STARTTLS is not offered: there is no certificate that a client could check. A port that is taken must not keep Postern
 * from starting; the inbox page then says so. Limits (RFC 5321 §4.5.3.1): 25 MB and 1,000 recipients a message, 50
 * sessions, and 100 MB of messages under way at once.
 */
import type { Logger } from 'pino';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { readCaptured } from './parse-captured.worker.ts';
import type { SandboxStore } from './sandbox.store.ts';

export interface CaptureStatus {
  isListening: boolean;
  host: string;
  port: number | null;
  /** Empty while it listens. */
  problem: string;
}

export interface CaptureServer {
  /** Never rejects; see status. */
  start: () => Promise<void>;
  stop: () => Promise<void>;
  status: () => CaptureStatus;
}

export interface CaptureParts {
  store: Pick<SandboxStore, 'add'>;
  /** Null: switched off. 0: any free one. */
  port: number | null;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

const host = '127.0.0.1';
const maxMessageBytes = 25 * 1024 * 1024;
const maxBytesUnderWay = 100 * 1024 * 1024;
const maxSessions = 50;
const maxRecipients = 1000;
/** Long enough for AUTH with a token. */
const maxCommandBytes = 12 * 1024;
const idleMs = 60_000;
/** For a message that is under way when Postern stops. */
const closeMs = 250;

export const openCaptureServer = ({ store, port, logger }: CaptureParts): CaptureServer => {
  let server: SMTPServer | null = null;
  let listeningPort: number | null = null;
  let problem = port === null ? 'The sandbox is switched off (POSTERN_SANDBOX_PORT is "off").' : 'Not started yet.';
  const intake = { bytes: 0 };

  const capture = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> => {
    const source = await collect(stream, intake);
    const { envelope, hostNameAppearsAs, remoteAddress } = session;
    const mail = await readCaptured(source);
    const { id } = await store.add({
      mailFrom: envelope.mailFrom ? envelope.mailFrom.address : '',
      recipients: envelope.rcptTo.map(({ address }) => address),
      from: mail.from,
      subject: mail.subject,
      messageId: mail.messageId,
      attachmentCount: mail.attachments.length,
      ehloName: hostNameAppearsAs || '',
      remoteAddress,
      source,
    });
    return `Captured as ${id}; not forwarded`;
  };

  const create = () =>
    new SMTPServer({
      name: 'sandbox.postern',
      banner: 'Postern sandbox: takes every message, forwards none',
      heloResponse: '%s greets %s',
      disabledCommands: ['STARTTLS'],
      authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
      authOptional: true,
      allowInsecureAuth: true,
      hideENHANCEDSTATUSCODES: false,
      disableReverseLookup: true,
      size: maxMessageBytes,
      maxClients: maxSessions,
      maxRecipients,
      maxCommandLength: maxCommandBytes,
      // One session may carry many messages.
      maxAllowedUnauthenticatedCommands: false,
      socketTimeout: idleMs,
      closeTimeout: closeMs,
      logger: false,
      onAuth: (_auth, _session, callback) => callback(null, { user: 'anybody' }),
      onData: (stream, session, callback) => {
        capture(stream, session).then(
          (text) => callback(null, text),
          (error: unknown) => {
            if (!(error instanceof NotTakenError))
              logger.error({ err: error }, 'the sandbox could not store a message');
            callback(error instanceof NotTakenError ? error : new NotTakenError(451, 'The sandbox could not store it'));
          },
        );
      },
    });

  const start = async () => {
    if (port === null) return;
    server = create();
    try {
      await new Promise<void>((resolve, reject) => {
        server?.once('error', reject);
        server?.listen(port, host, resolve);
      });
      const address = server.server.address();
      listeningPort = typeof address === 'object' && address ? address.port : port;
      problem = '';
      // A broken connection is its client's affair.
      server.on('error', () => {});
      logger.info({ host, port: listeningPort }, 'the sandbox listens');
    } catch (error) {
      server = null;
      problem = explain(port, error as NodeJS.ErrnoException);
      logger.warn(problem);
    }
  };

  const stop = async () => {
    const closing = server;
    server = null;
    listeningPort = null;
    problem = 'Postern is stopping.';
    if (closing) await new Promise<void>((resolve) => closing.close(() => resolve()));
  };

  return {
    start,
    stop,
    status: () => ({ isListening: listeningPort !== null, host, port: listeningPort ?? port, problem }),
  };
};

class NotTakenError extends Error {
  readonly responseCode: number;
  constructor(responseCode: number, message: string) {
    super(message);
    this.responseCode = responseCode;
  }
}

/** Reads to the end even what is not kept: the reply to the final dot comes after the dot. */
async function collect(stream: SMTPServerDataStream, intake: { bytes: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let isFull = false;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      isFull ||= intake.bytes + chunk.length > maxBytesUnderWay;
      if (stream.sizeExceeded || isFull) continue;
      chunks.push(chunk);
      bytes += chunk.length;
      intake.bytes += chunk.length;
    }
    if (stream.sizeExceeded)
      throw new NotTakenError(552, `The sandbox takes at most ${maxMessageBytes / 1024 / 1024} MB`);
    if (isFull) throw new NotTakenError(452, 'The sandbox is busy with other large messages; try again');
    return Buffer.concat(chunks);
  } finally {
    intake.bytes -= bytes;
  }
}

function explain(port: number, error: NodeJS.ErrnoException): string {
  const repair = 'set POSTERN_SANDBOX_PORT to another port (or "off") and restart Postern';
  if (error.code === 'EADDRINUSE') return `Port ${port} is taken by another program. Stop that program, or ${repair}.`;
  if (error.code === 'EACCES') return `Port ${port} needs rights that Postern does not have: ${repair}.`;
  return `The sandbox cannot listen on ${host}:${port} (${error.code ?? error.message}): ${repair}.`;
}
