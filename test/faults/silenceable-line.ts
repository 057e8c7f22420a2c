/** A network between a program and its PostgreSQL, which a test can cut without anybody hearing of it. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { atEnd } from './mail-program.ts';

/** Between a program and its database: a line that can fall silent, as a partition makes it, without anybody hanging up. */
export async function openSilenceableLine(
  url: string,
): Promise<{ url: string; setSilent: (isSilent: boolean) => void }> {
  const { hostname, port } = new URL(url);
  let isSilent = false;
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on('data', (octets) => to.write(octets)).on('error', () => {});
      from.once('close', () => {
        pairs.delete(pair);
        // Nobody hears of it while the line is silent.
        if (!isSilent) to.destroy();
      });
      if (isSilent) from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    for (const socket of [...pairs].flat()) socket.destroy();
    server.close();
  });
  const through = new URL(url);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: through.href,
    setSilent: (now) => {
      isSilent = now;
      for (const socket of [...pairs].flat()) now ? socket.pause() : socket.resume();
    },
  };
}
