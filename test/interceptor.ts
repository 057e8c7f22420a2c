/**
 * Somebody on the line between a session and its server: hands on what passes, or something else, and keeps everything that
 * came from the session, also what it could read by ending TLS itself.
 */
import { connect, createServer, type Socket } from 'node:net';
import { type SecureContextOptions, TLSSocket } from 'node:tls';

export interface Interception {
  /** What to hand on instead; text is latin1. `null` keeps it back. */
  fromServer?: (text: string) => string | null;
  fromClient?: (text: string) => string | null;
  /** Says this to the client, in the server's place, when the client says STARTTLS; then ends TLS with these papers. */
  takesOver?: { says: string; papers: SecureContextOptions | null };
}

export interface Interceptor extends AsyncDisposable {
  port: number;
  /** Everything from the client, as it was on the wire. */
  wire(): string;
  /** Everything from the client that could be read behind a TLS that ended here. */
  read(): string;
  /** How many TLS handshakes with the client came to an end here. */
  handshakes(): number;
}

export async function startInterceptor(serverPort: number, interception: Interception): Promise<Interceptor> {
  const { fromServer = (text) => text, fromClient = (text) => text, takesOver } = interception;
  let wire = '';
  let read = '';
  let handshakes = 0;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));

  const server = createServer({ noDelay: true }, (client) => {
    keep(client);
    const far = connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    keep(far);
    let isTaken = false;
    far.on('data', (bytes) => {
      const text = isTaken ? null : fromServer(bytes.toString('latin1'));
      if (text !== null) client.write(text, 'latin1');
    });
    far.on('end', () => client.end());
    client.on('end', () => far.end());
    const onData = (bytes: Buffer) => {
      const text = bytes.toString('latin1');
      wire += text;
      if (takesOver !== undefined && /^STARTTLS/im.test(text)) {
        isTaken = true;
        client.write(takesOver.says, 'latin1');
        if (takesOver.papers !== null) endTls(takesOver.papers);
        return;
      }
      const handed = isTaken ? null : fromClient(text);
      if (handed !== null) far.write(handed, 'latin1');
    };
    const endTls = (papers: SecureContextOptions) => {
      client.off('data', onData);
      const secure = new TLSSocket(client, { isServer: true, ...papers });
      secure.on('error', () => {}).on('secure', () => handshakes++);
      secure.on('data', (bytes) => {
        read += bytes.toString('latin1');
        secure.write('250-taken.test\r\n250 AUTH PLAIN LOGIN\r\n');
      });
    };
    client.on('data', onData);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    wire: () => wire,
    read: () => read,
    handshakes: () => handshakes,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
