/** Loads what the server and its database threads load, so that the compile cache knows it before the first start. */
import { readdirSync } from 'node:fs';

const server = new URL('../server/', import.meta.url);
const units = readdirSync(server, { recursive: true }).filter((file) =>
  /(\.sqlite|sqlite-writer\.worker)\.ts$/.test(file),
);
for (const file of ['compose.ts', 'config.ts', 'platform/logger.ts', ...units])
  await import(new URL(file, server).href);
