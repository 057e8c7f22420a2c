/** The API's description for people: one page without scripts, made from the same contracts as the OpenAPI document. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Endpoint } from '../../contracts/endpoint.ts';
import { describeAccess } from '../platform/open-api.ts';

const escapeHtml = (text: string) =>
  text.replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character]!);

/** `code` in descriptions. */
const inline = (text: string) => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

const style = `
:root{color-scheme:light dark;--ink:#1c2526;--soft:#566366;--line:#dde3e3;--ground:#fff;--tint:#f3f7f7;--teal:#0b7a75}
@media(prefers-color-scheme:dark){:root{--ink:#e6ecec;--soft:#9fb0b2;--line:#2c3638;--ground:#141a1b;--tint:#1b2324;--teal:#4fc4bd}}
*{box-sizing:border-box}body{margin:0;font:15px/1.6 "Inter Variable",Inter,system-ui,sans-serif;color:var(--ink);background:var(--ground)}
.page{display:grid;grid-template-columns:17rem minmax(0,1fr);max-width:76rem;margin:0 auto}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:2rem 1rem;border-right:1px solid var(--line);font-size:13px}
nav a{display:block;color:var(--soft);text-decoration:none;padding:.1rem 0}nav a:hover{color:var(--teal)}nav h2{font-size:13px;margin:1.2rem 0 .2rem}
main{padding:2rem 2.5rem 6rem}h1{font-size:24px;margin:0 0 .5rem}section{border-top:1px solid var(--line);padding:1.4rem 0}
h3{font:600 15px/1.4 "JetBrains Mono Variable",ui-monospace,monospace;margin:0 0 .3rem;overflow-wrap:anywhere}.verb{color:var(--teal);display:inline-block;min-width:4.2rem}
p{margin:.2rem 0 .6rem}.soft{color:var(--soft)}code,pre{font:13px/1.5 "JetBrains Mono Variable",ui-monospace,monospace}
pre{background:var(--tint);padding:.8rem 1rem;overflow:auto;border-radius:6px;max-height:26rem}summary{cursor:pointer;color:var(--teal)}a{color:var(--teal)}
@media(max-width:700px){.page{display:block}nav{position:static;height:auto;border:0;padding-bottom:0}main{padding:1rem}}
`;

/** What the page's policy allows besides nothing: this very style sheet. */
export const apiDocsPolicy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

const shape = (title: string, schema: z.ZodType | undefined, io: 'input' | 'output') => {
  if (!schema) return '';
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>;
  return `<details><summary>${title}</summary><pre tabindex="0">${escapeHtml(JSON.stringify(json, null, 2))}</pre></details>`;
};

const anchor = ({ method, path }: Endpoint) => `${method}${path}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');

export const toApiDocsPage = (endpoints: readonly Endpoint[], version: string): string => {
  const tags = [...new Set(endpoints.map((endpoint) => endpoint.tag))];
  const contents = tags.map((tag) => {
    const links = endpoints
      .filter((endpoint) => endpoint.tag === tag)
      .map(
        (endpoint) =>
          `<a href="#${anchor(endpoint)}">${endpoint.method} ${escapeHtml(endpoint.path.replace('/api/v1', ''))}</a>`,
      );
    return `<h2>${escapeHtml(tag)}</h2>${links.join('')}`;
  });
  const sections = endpoints.map(
    (
      endpoint,
    ) => `<section id="${anchor(endpoint)}"><h3><span class="verb">${endpoint.method}</span>${escapeHtml(endpoint.path)}</h3>
<p>${inline(endpoint.summary)}.${endpoint.streams ? ' With <code>Accept: text/event-stream</code> it is told as it happens.' : ''}</p>
<p class="soft">${inline(describeAccess(endpoint.access))} Answers ${endpoint.status}${endpoint.produces ? ` with <code>${escapeHtml(endpoint.produces)}</code>` : ''}.</p>
${shape('Query', endpoint.query, 'input')}${shape('Body', endpoint.body, 'input')}${shape('Reply', endpoint.reply, 'output')}</section>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Postern API</title><style>${style}</style></head><body><div class="page"><nav aria-label="Endpoints"><a href="/">← Postern</a>${contents.join('')}</nav>
<main><h1>Postern API</h1><p class="soft">Version ${escapeHtml(version)} · <a href="/api/v1/openapi.json">OpenAPI 3.1 document</a></p>
<p>Programs send an API key with every request: <code>Authorization: Bearer pst_…</code>. Make one under Setup / API Keys, or with <code>npm run -s postern -- api-key create --name billing --scopes send</code>.</p>
<p>A refusal is JSON of one shape: <code>{"statusCode", "name", "message", "fields": [{"path", "code", "message"}]}</code>. Lists answer <code>{"data": […], "next": …}</code>; pass <code>next</code> as <code>cursor</code> to go on.</p>
${sections.join('\n')}</main></div></body></html>`;
};
