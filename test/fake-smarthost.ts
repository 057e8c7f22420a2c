/**
 * A scripted SMTP server on a free loopback port: says what its table says, records what it was told.
 *
 *   await using server = await startFakeSmarthost({ replies: { RCPT: ['250 ok', '550 5.1.1 nobody'], '.': '451 later' } });
 *   server.port · server.connections[0].lines · .messages · .wire (bytes before decryption)
 *
 * A table maps a verb (`EHLO`, `MAIL`, …; `greeting`; `.` for the final dot; `auth` for each line of an AUTH exchange) to an act,
 * a list of acts (the n-th for the n-th time, then the last again) or a function of the line. An act is
 *   (`BDAT` is answered when its chunk has come; the n-th chunk with LAST is the n-th message)
 *   'text'            said with CRLF; `\n` inside separates lines; '' says nothing, and nothing follows
 *   { say, raw }      the same, or bytes exactly as given
 *   { after: promise } waits for the test first        { dripMilliseconds: n } one byte every n ms
 *   { end: 'close' | 'reset' } ends the connection afterwards (FIN or RST)
 *   { later: { after: promise, say } } says something more, unasked, when the test wants it
 * What is not in the table gets a friendly default. With `login` it checks AUTH PLAIN, LOGIN and CRAM-MD5 itself.
 * A list of scripts gives one to each connection, the last one to all further ones.
 */
import { createHmac } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, type SecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import type { SmtpTarget } from '../server/smtp/target.ts';

export type Act =
  | string
  | {
      say?: string;
      raw?: string | Uint8Array;
      after?: Promise<unknown>;
      dripMilliseconds?: number;
      end?: 'close' | 'reset';
      later?: { after: Promise<unknown>; say: string };
    };
export type Reaction = Act | Act[] | ((line: string, connection: SeenConnection) => Act);

export interface SmarthostScript {
  replies?: Record<string, Reaction>;
  /** `implicit`: from the first byte. `starttls`: offered in EHLO and done after a 220 to STARTTLS. */
  tls?: { mode: 'implicit' | 'starttls' } & SecureContextOptions;
  login?: { username: string; password: string };
  /** Said in EHLO after the name; the default is SIZE 10000000, 8BITMIME, and what `tls` and `login` bring. */
  capabilities?: string[];
  /** Read nothing more once the body has begun: a receiver whose window is full. */
  stopsReadingAt?: 'body';
}

export interface SeenConnection {
  /** Commands and AUTH lines, as they came. */
  lines: string[];
  /** Bodies, still dot-stuffed, without the final dot; as latin1. */
  messages: string[];
  /** Every byte that came over TCP, as latin1. */
  wire: string;
  isEncrypted: boolean;
  servername: string | false | null;
  isClosed: boolean;
}

export interface FakeSmarthost extends AsyncDisposable {
  port: number;
  connections: SeenConnection[];
  close(): Promise<void>;
}

/** A target on loopback without TLS or sign-in, with time-outs that a test can wait for. */
export function loopbackTarget(port: number, changes: Partial<SmtpTarget> = {}): SmtpTarget {
  return {
    host: 'localhost',
    port,
    encryption: 'none',
    certificate: { check: 'verify' },
    tlsMinimum: '1.2',
    credentials: null,
    authMethod: 'automatic',
    ehloName: 'client.test',
    timeouts: { connect: 5000, tls: 5000, greeting: 5000, reply: 5000, dot: 5000, body: 5000, deadline: 20_000 },
    isAddressAllowed: () => true,
    ...changes,
  };
}

export async function startFakeSmarthost(script: SmarthostScript | SmarthostScript[] = {}): Promise<FakeSmarthost> {
  const connections: SeenConnection[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
    const scripts = Array.isArray(script) ? script : [script];
    const own = scripts[Math.min(connections.length, scripts.length - 1)] ?? {};
    const seen = { lines: [], messages: [], wire: '', isEncrypted: false, servername: null, isClosed: false };
    connections.push(seen);
    new Actor(socket, own, seen).start();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, connections, close, [Symbol.asyncDispose]: close };
}

/** One for each script, so that a second connection can resume the TLS session of the first. */
const contexts = new WeakMap<SecureContextOptions, SecureContext>();
function contextOf(options: SecureContextOptions = {}): SecureContext {
  const context = contexts.get(options) ?? createSecureContext(options);
  contexts.set(options, context);
  return context;
}

class Actor {
  readonly #raw: Socket;
  readonly #script: SmarthostScript;
  readonly #seen: SeenConnection;
  readonly #counts = new Map<string, number>();
  #stream: Socket;
  #buffer = '';
  #mode: 'command' | 'auth' | 'data' | 'silent' = 'command';
  #isActing = false;
  #chunks = '';
  #hasSender = false;
  #hasRecipient = false;
  #login: { mechanism: string; lines: string[] } = { mechanism: '', lines: [] };

  constructor(socket: Socket, script: SmarthostScript, seen: SeenConnection) {
    this.#raw = socket;
    this.#stream = socket;
    this.#script = script;
    this.#seen = seen;
  }

  start(): void {
    this.#raw.on('error', () => {}).on('close', () => (this.#seen.isClosed = true));
    if (this.#script.tls?.mode === 'implicit') this.#encrypt();
    else this.#listen();
    void this.#act('greeting', '');
  }

  #listen(): void {
    this.#stream.on('data', this.#onData);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.#seen.isEncrypted) this.#seen.wire += chunk.toString('latin1');
    this.#buffer += chunk.toString('latin1');
    void this.#work();
  };

  #encrypt(): void {
    const { tls } = this.#script;
    this.#raw.off('data', this.#onData);
    this.#buffer = '';
    this.#seen.isEncrypted = true;
    const secure = new TLSSocket(this.#raw, { isServer: true, secureContext: contextOf(tls), ...tls });
    secure.on('error', () => {});
    secure.on('secure', () => (this.#seen.servername = secure.servername ?? null));
    this.#stream = secure;
    this.#listen();
  }

  /** One thing after the other, so that pipelined commands are answered in order. */
  async #work(): Promise<void> {
    if (this.#isActing) return;
    this.#isActing = true;
    try {
      while (this.#mode !== 'silent' && (await this.#workOnce()));
    } finally {
      this.#isActing = false;
    }
  }

  async #workOnce(): Promise<boolean> {
    if (this.#mode === 'data') return this.#takeBody();
    const end = this.#buffer.indexOf('\r\n');
    if (end === -1) return false;
    const line = this.#buffer.slice(0, end);
    const chunk = this.#mode === 'command' ? /^BDAT (\d+)( LAST)?$/i.exec(line) : null;
    if (chunk !== null && !this.#takeChunk(end + 2, Number(chunk[1]), chunk[2] !== undefined)) return false;
    this.#buffer = this.#buffer.slice(end + 2);
    this.#seen.lines.push(line);
    const verb = this.#mode === 'auth' ? 'auth' : (/^[a-z]+/i.exec(line)?.[0].toUpperCase() ?? '');
    const said = await this.#act(verb, line);
    this.#keepState(verb, said.startsWith('2'));
    if (verb === 'STARTTLS' && said.startsWith('220') && this.#script.tls !== undefined) this.#encrypt();
    if (verb === 'DATA' && said.startsWith('354')) {
      this.#mode = 'data';
      if (this.#script.stopsReadingAt === 'body') this.#stream.pause();
    } else if (verb === 'AUTH' || verb === 'auth') this.#mode = said.startsWith('334') ? 'auth' : 'command';
    return true;
  }

  /** So that what is not in the table is answered as a server in its right mind would. */
  #keepState(verb: string, isPositive: boolean): void {
    if (verb === 'MAIL') this.#hasSender = isPositive;
    if (verb === 'RCPT' && isPositive) this.#hasRecipient = true;
    if (verb === 'RSET' || verb === 'EHLO' || verb === 'HELO') this.#hasSender = false;
    if (!this.#hasSender) this.#hasRecipient = false;
  }

  /** Cuts the chunk out of the buffer; false while it has not come whole. A server without BDAT takes it for commands. */
  #takeChunk(from: number, bytes: number, isLast: boolean): boolean {
    if (this.#script.replies?.BDAT === undefined && this.#script.capabilities?.includes('CHUNKING') !== true)
      return true;
    if (this.#buffer.length < from + bytes) return false;
    this.#chunks += this.#buffer.slice(from, from + bytes);
    this.#buffer = this.#buffer.slice(0, from) + this.#buffer.slice(from + bytes);
    if (isLast && this.#hasRecipient) this.#seen.messages.push(this.#chunks);
    if (isLast) this.#chunks = '';
    return true;
  }

  async #takeBody(): Promise<boolean> {
    const text = `\r\n${this.#buffer}`;
    const end = text.indexOf('\r\n.\r\n');
    if (end === -1) return false;
    this.#seen.messages.push(text.slice(2, end + 2));
    this.#buffer = text.slice(end + 5);
    this.#mode = 'command';
    this.#keepState('RSET', true);
    await this.#act('.', '.');
    return true;
  }

  /** What was said, for the state machine. */
  async #act(verb: string, line: string): Promise<string> {
    const act = this.#choose(verb, line);
    const { say = '', raw, after, dripMilliseconds, end, later } = typeof act === 'string' ? { say: act } : act;
    await after;
    const bytes = raw === undefined ? toLines(say) : Buffer.from(raw as string, 'latin1');
    if (dripMilliseconds === undefined) {
      if (bytes.length > 0) this.#stream.write(bytes);
    } else await this.#drip(bytes, dripMilliseconds);
    void later?.after.then(() => this.#stream.write(toLines(later.say)));
    if (end === 'reset') this.#raw.resetAndDestroy();
    else if (end === 'close' || verb === 'QUIT') this.#stream.end();
    if (bytes.length === 0) this.#mode = 'silent';
    return bytes.toString('latin1');
  }

  #drip(bytes: Buffer, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      let at = 0;
      const timer = setInterval(() => {
        if (at < bytes.length && !this.#raw.destroyed) this.#stream.write(bytes.subarray(at, ++at));
        else resolve(clearInterval(timer));
      }, milliseconds);
    });
  }

  #choose(verb: string, line: string): Act {
    const reaction = this.#script.replies?.[verb];
    if (reaction === undefined) return this.#defaultReply(verb, line);
    if (typeof reaction === 'function') return reaction(line, this.#seen);
    if (!Array.isArray(reaction)) return reaction;
    const count = this.#counts.get(verb) ?? 0;
    this.#counts.set(verb, count + 1);
    return reaction[Math.min(count, reaction.length - 1)] ?? '';
  }

  #defaultReply(verb: string, line: string): string {
    const { tls, login } = this.#script;
    if (verb === 'greeting') return '220 fake.test ESMTP';
    if (verb === 'EHLO') {
      const own = this.#script.capabilities ?? [
        'SIZE 10000000',
        '8BITMIME',
        ...(login ? ['AUTH PLAIN LOGIN CRAM-MD5'] : []),
      ];
      const starttls = tls?.mode === 'starttls' && !this.#seen.isEncrypted ? ['STARTTLS'] : [];
      const lines = ['fake.test', ...own, ...starttls];
      return lines.map((text, i) => `250${i === lines.length - 1 ? ' ' : '-'}${text}`).join('\n');
    }
    if (verb === 'STARTTLS') return tls === undefined ? '454 4.7.0 no TLS here' : '220 2.0.0 go ahead';
    if (verb === 'AUTH' || verb === 'auth') return this.#checkLogin(verb, line);
    if (verb === 'RCPT' && !this.#hasSender) return '503 5.5.1 MAIL first';
    if (/^(DATA|BDAT)$/.test(verb) && !this.#hasRecipient) return '503 5.5.1 no valid recipients';
    const replies: Record<string, string> = {
      HELO: '250 fake.test',
      MAIL: '250 2.1.0 sender ok',
      RCPT: '250 2.1.5 recipient ok',
      DATA: '354 go ahead',
      BDAT: '250 2.0.0 chunk taken',
      '.': '250 2.0.0 queued as FAKE1',
      RSET: '250 2.0.0 reset',
      NOOP: '250 2.0.0 ok',
      QUIT: '221 2.0.0 bye',
    };
    return replies[verb] ?? '502 5.5.2 unknown command';
  }

  #checkLogin(verb: string, line: string): string {
    if (verb === 'AUTH') {
      const [, mechanism = '', initial] = line.split(' ');
      this.#login = { mechanism: mechanism.toUpperCase(), lines: initial === undefined ? [] : [initial] };
    } else this.#login.lines.push(line);
    if (line === '*') return '501 5.7.0 cancelled';
    const { mechanism, lines } = this.#login;
    const { username = '', password = '' } = this.#script.login ?? {};
    const told = lines.map((text) => Buffer.from(text, 'base64').toString('utf8'));
    const verdict = (isRight: boolean) => (isRight ? '235 2.7.0 welcome' : '535 5.7.8 wrong user name or password');
    if (mechanism === 'PLAIN') return told.length < 1 ? '334 ' : verdict(told[0] === `\0${username}\0${password}`);
    if (mechanism === 'LOGIN') {
      if (told.length < 2) return told.length === 0 ? '334 VXNlcm5hbWU6' : '334 UGFzc3dvcmQ6';
      return verdict(told[0] === username && told[1] === password);
    }
    if (mechanism === 'CRAM-MD5') {
      const challenge = '<1896.697170952@fake.test>';
      if (told.length < 1) return `334 ${Buffer.from(challenge).toString('base64')}`;
      return verdict(told[0] === `${username} ${createHmac('md5', password).update(challenge).digest('hex')}`);
    }
    return '504 5.5.4 unknown mechanism';
  }
}

const toLines = (text: string): Buffer =>
  text === '' ? Buffer.alloc(0) : Buffer.from(`${text.replace(/\r?\n/g, '\r\n').replace(/\r\n$/, '')}\r\n`, 'utf8');
