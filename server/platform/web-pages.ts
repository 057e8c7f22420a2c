/**
 * Serves the built web part: hashed assets for a year, index.html never from a cache and with a fresh nonce, because the
 * content security policy allows no inline style without one. Any path that is not the API's is the web part's to route.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { Endpoint } from '../../contracts/endpoint.ts';
import { Refusal } from './refusal.ts';

const policy = (nonce: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    // Text becomes neither markup nor script: what boot.js calls the default policy says which may.
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');

export const addWebPages = async (
  app: FastifyInstance,
  folder: string,
  endpoints: readonly Endpoint[],
): Promise<void> => {
  const methodsOf = (url: string) =>
    endpoints
      .filter(({ path }) => new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`).test(url))
      .map(({ method }) => method);

  const index = path.join(folder, 'index.html');
  const page = existsSync(index) ? readFileSync(index, 'utf8') : null;
  if (page) {
    await app.register(fastifyStatic, {
      root: folder,
      index: false,
      wildcard: false,
      preCompressed: true,
      cacheControl: false,
      setHeaders: (reply, file) => {
        const isHashed = file.includes(`${path.sep}assets${path.sep}`);
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage =
      request.method === 'GET' && !/^\/(api|assets)\//.test(request.url) && !/^\/index\.html/.test(request.url);
    if (!wantsPage) {
      const methods = methodsOf(request.url.split('?')[0]!);
      if (methods.length > 0) {
        throw new Refusal('method_not_allowed', `Here only ${methods.join(' and ')} can be asked for.`, {
          headers: { allow: methods.join(', ') },
        });
      }
      throw new Refusal(
        'not_found',
        `There is no ${request.method} ${request.url.split('?')[0]}. The API is described at /docs.`,
      );
    }
    if (!page) {
      return reply.code(503).type('text/plain').send('The web part is not built. Start Postern with: npm start\n');
    }
    const nonce = randomBytes(16).toString('base64');
    return reply
      .code(200)
      .header('content-security-policy', policy(nonce))
      .type('text/html; charset=utf-8')
      .send(page.replaceAll('__CSP_NONCE__', nonce));
  });
};
