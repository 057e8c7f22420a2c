/** A client as SMTP smuggling needs it: the octets that it is given go on the wire as they are. For comparison only. */
import { connect } from 'node:tls';
import type { MailPeer } from './mail-peer.ts';

/**
 * Signs in, says MAIL, RCPT and DATA, writes the octets and an end of data, and hangs up after QUIT.
 * @returns every reply code that came after the octets.
 */
export async function sendNaively(
  peer: MailPeer,
  mailFrom: string,
  recipient: string,
  octets: Uint8Array,
): Promise<string[]> {
  const socket = connect({ host: peer.host, port: peer.tlsPort, ca: peer.certificatePem });
  let heard = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    socket.emit('heard');
  });
  // A server that is fed up hangs up in its own way; what it said until then is the answer.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void closed.then(() => socket.emit('heard'));
  const hear = async () => {
    while (!/(^|\n)\d{3} .*\r\n$/.test(heard) && !socket.closed) {
      await new Promise<void>((resolve) => socket.once('heard', () => resolve()));
    }
  };
  const say = async (octets: string | Uint8Array) => {
    heard = '';
    socket.write(octets);
    await hear();
  };
  await hear();
  const credentials = Buffer.from(`\0${peer.username}\0${peer.password}`).toString('base64');
  const envelope = [`MAIL FROM:<${mailFrom}>`, `RCPT TO:<${recipient}>`, 'DATA'];
  for (const line of ['EHLO client.postern.test', `AUTH PLAIN ${credentials}`, ...envelope]) {
    await say(`${line}\r\n`);
  }
  await say(Buffer.concat([octets, Buffer.from('\r\n.\r\n')]));
  // Later than the rest: a server may hang up on who does not wait for its answer.
  socket.write('QUIT\r\n');
  await closed;
  return [...heard.matchAll(/^(\d{3})(?: |\r?$)/gm)].map((match) => match[1] as string);
}
