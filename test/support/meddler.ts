/**
 * Somebody on the line between a client and a mail server: passes on what both say, changes what a test wants changed, and
 * keeps every octet that the client sent in the clear or to the meddler's own TLS.
 */
import { connect, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type LeafKind, tlsLab } from '../tls-lab.ts';

export interface Meddling {
  /** What the client hears instead of what the server said in the clear. */
  change?: (said: string) => string;
  /** Speaks TLS with the client in the server's place: from the first octet, or where the server says yes to STARTTLS. */
  impersonate?: { from: 'start' | 'starttls'; leaf: LeafKind };
}

export interface Meddler extends AsyncDisposable {
  port: number;
  /** All that the client sent and the meddler could read. */
  readHeard: () => string;
}

export async function startMeddler(serverPort: number, { change, impersonate }: Meddling): Promise<Meddler> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const listenToClient = (stream: Socket, server: Socket | null) =>
    stream.on('data', (octets: Buffer) => {
      heard.push(octets);
      server?.write(octets);
    });
  const takeOver = (client: Socket, leaf: LeafKind) => {
    const { key, cert } = tlsLab().leaf(leaf);
    const secret = new TLSSocket(client, { isServer: true, secureContext: createSecureContext({ key, cert }) });
    keep(secret);
    listenToClient(secret, null);
    if (impersonate?.from === 'start') secret.write('220 mail.postern.test ESMTP\r\n');
  };

  const listener = createServer((client) => {
    keep(client);
    if (impersonate?.from === 'start') return takeOver(client, impersonate.leaf);
    const server = connect(serverPort, '127.0.0.1');
    keep(server);
    listenToClient(client, server);
    let wantsTls = false;
    client.on('data', (octets: Buffer) => {
      wantsTls ||= /^STARTTLS\r\n/im.test(octets.toString('latin1'));
    });
    server.on('data', (octets: Buffer) => {
      const isYes = wantsTls && octets.toString('latin1').startsWith('220');
      client.write(isEncrypted(octets) ? octets : Buffer.from((change ?? same)(octets.toString('latin1')), 'latin1'));
      if (!isYes || !impersonate) return;
      wantsTls = false;
      server.removeAllListeners('data').destroy();
      client.removeAllListeners('data');
      takeOver(client, impersonate.leaf);
    });
    client.once('close', () => server.destroy());
    server.once('end', () => client.end());
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    port: address.port,
    readHeard: () => Buffer.concat(heard).toString('latin1'),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

const same = (said: string) => said;
/** A TLS record begins with its kind, 20 to 23, and version 3. */
const isEncrypted = (octets: Buffer) => (octets[0] ?? 0) >= 20 && (octets[0] ?? 0) <= 23 && octets[1] === 3;
