/** What supervisors, scrapers and the shell of every page ask: alive, ready, figures, version, the API's description. */
import { open } from 'node:fs/promises';
import os from 'node:os';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import client from 'prom-client';
import { endpoints } from '../../contracts/api.ts';
import { readSystem } from '../../contracts/system.ts';
import type { Database } from '../database/open.ts';
import type { Router } from '../platform/http.ts';
import { toOpenApi } from '../platform/open-api.ts';
import { apiDocsPolicy, toApiDocsPage } from './api-docs.ts';

export interface SystemParts {
  database: Database;
  version: string;
  /** Null while mail may be sent. */
  sendingClosedBecause: () => Promise<string | null>;
  isStopping: () => boolean;
}

export const addSystemRoutes = (app: FastifyInstance, router: Router, parts: SystemParts): void => {
  const { database, version } = parts;
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry, prefix: 'postern_' });
  new client.Gauge({
    name: 'postern_sending_closed',
    help: '1 while the key that unlocks the SMTP passwords is missing',
    registers: [registry],
    async collect() {
      this.set((await parts.sendingClosedBecause()) ? 1 : 0);
    },
  });

  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async (_request, reply) => {
    const problem = parts.isStopping() ? 'stopping' : ((await askMachine()) ?? (await askDatabase(database)));
    return reply.code(problem ? 503 : 200).send(problem ? { status: 'unavailable', problem } : { status: 'ready' });
  });

  app.get('/metrics', async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));

  // Made when first asked for: most starts never show them, and they cost memory.
  let openApi: object | null = null;
  app.get('/api/v1/openapi.json', async () => {
    openApi ??= toOpenApi(endpoints, version);
    return openApi;
  });
  let page: string | null = null;
  app.get('/docs', async (_request, reply) => {
    page ??= toApiDocsPage(endpoints, version);
    return reply.type('text/html; charset=utf-8').header('content-security-policy', apiDocsPolicy).send(page);
  });

  router.route(readSystem, async () => ({
    version,
    database: database.kind,
    sendingClosed: await parts.sendingClosedBecause(),
  }));
};

/** Without a descriptor nobody new can be answered, and nothing be sent. */
async function askMachine(): Promise<string | null> {
  try {
    const handle = await open(os.devNull);
    await handle.close();
    return null;
  } catch {
    return 'no file descriptors are left';
  }
}

async function askDatabase(database: Database): Promise<string | null> {
  try {
    await sql`select 1`.execute(database.query);
    return null;
  } catch {
    return 'the database does not answer';
  }
}
