import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { findCrossSite } from './find-cross-site.ts';

const json = { 'content-type': 'application/json', 'content-length': '2' };
const ask = (method: string, headers: IncomingHttpHeaders, hasCookie = true) =>
  findCrossSite({ method, headers, hasCookie })?.problem.statusCode ?? 'passes';

describe('cross-site rules', () => {
  it('lets reading through, from anywhere', () => {
    expect(ask('GET', {})).toBe('passes');
    expect(ask('HEAD', { 'sec-fetch-site': 'cross-site' })).toBe('passes');
  });

  it('lets our own page change things: its header, JSON or nothing, same origin', () => {
    expect(ask('POST', { ...json, 'x-postern': '1', 'sec-fetch-site': 'same-origin' })).toBe('passes');
    expect(ask('PATCH', { ...json, 'content-type': 'application/json; charset=utf-8', 'x-postern': '1' })).toBe(
      'passes',
    );
    expect(ask('DELETE', { 'x-postern': '1' })).toBe('passes');
    expect(ask('POST', { ...json, 'content-type': 'application/octet-stream', 'x-postern': '1' })).toBe('passes');
    expect(ask('POST', { ...json, 'content-type': 'application/octet-stream' })).toBe(403);
    expect(ask('POST', { 'x-postern': '1', 'content-length': '0' })).toBe('passes');
  });

  it('refuses a change with the cookie but without the header', () => {
    expect(ask('POST', json)).toBe(403);
    expect(ask('DELETE', { 'x-postern': '0' })).toBe(403);
  });

  it.each(['cross-site', 'same-site', 'none'])('refuses a change that the browser calls %s', (site) => {
    expect(ask('POST', { ...json, 'x-postern': '1', 'sec-fetch-site': site })).toBe(403);
    expect(ask('POST', { ...json, 'sec-fetch-site': site }, false)).toBe(403);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx'])(
    'refuses a body of %s, which a form can send',
    (type) => {
      expect(ask('POST', { 'content-type': type, 'content-length': '9', 'x-postern': '1' })).toBe(415);
      expect(ask('POST', { 'content-type': type, 'transfer-encoding': 'chunked' }, false)).toBe(415);
    },
  );

  it('asks nobody for the header who has no cookie to abuse', () => {
    expect(ask('POST', json, false)).toBe('passes');
  });
});
