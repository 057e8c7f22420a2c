/** What this machine is called and where it can be reached; read each time, because a laptop changes both. */
import { createHash } from 'node:crypto';
import os from 'node:os';

export interface Machine {
  hostname: string;
  /** Without loopback and link-local ones. */
  addresses: string[];
}

export const readMachine = (): Machine => ({
  hostname: os.hostname(),
  addresses: Object.values(os.networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address))
    .map(({ address }) => address),
});

/** A name for the one process that may run on this folder of this machine, the same after a restart. */
export const nodeName = (dataFolder: string): string =>
  `${os.hostname()}-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 8)}`;
