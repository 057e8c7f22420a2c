/**
 * Keeps other sites from acting through a browser that is signed in here (CSRF).
 *
 * Policy: what changes something needs `X-Postern: 1` and JSON, bare octets or no body. A form or an image sends none of it, and a
 * script elsewhere would have to ask first (CORS), which is never granted. `Sec-Fetch-Site`, where a browser says it, must
 * be same-origin. Nothing changes on GET. A caller with an API key is not asked: no browser adds that key by itself.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../platform/refusal.ts';

export interface StateChange {
  method: string;
  headers: IncomingHttpHeaders;
  /** Whether the cookie is what lets it in; public endpoints need no header, since there is nothing yet to abuse. */
  hasCookie: boolean;
}

/** @returns the refusal; null when the request is our own page's. */
export const findCrossSite = ({ method, headers, hasCookie }: StateChange): Refusal | null => {
  if (method === 'GET' || method === 'HEAD') return null;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    return new Refusal('forbidden', 'This request came from another site, so nothing was done.');
  }
  if (hasCookie && headers['x-postern'] !== '1') {
    return new Refusal('forbidden', 'Send the header X-Postern: 1 with the session cookie, or use an API key.');
  }
  const type = headers['content-type'];
  const hasBody = (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
  if (hasBody && !/^application\/(json|octet-stream)\s*(;|$)/i.test(type ?? '')) {
    return new Refusal('unsupported_media_type', 'Send JSON, with content-type: application/json.');
  }
  return null;
};
