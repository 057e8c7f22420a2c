/** What a person sees who opens Postern under a name that is not its own; programs get the same words as JSON. */
import type { IncomingHttpHeaders } from 'node:http';

/** Whether a person's browser asks for a page. */
export const wantsPage = (method: string, url: string, headers: IncomingHttpHeaders): boolean =>
  method === 'GET' && !url.startsWith('/api/') && (headers.accept ?? '').includes('text/html');

/**
 * Needs nothing that the content security policy would refuse, and says nothing of this installation: it may be another
 * site that asks. @param host as it was asked for; anything at all
 */
export const formatMisdirectedPage = (host: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Not this name · Postern</title>
<h1>Postern does not answer to this name</h1>
<p>You asked for <code>${escapeHtml(host.slice(0, 200))}</code>. Postern answers only to names that it was told are its own,
so that no other site can talk to it through your browser.</p>
<p>Open it under the address that you were given. If this name is right, whoever looks after Postern sets
<code>POSTERN_PUBLIC_URL</code> to the address under which people reach it, and starts it anew; a proxy in front of it must
pass the Host header on.</p>
</html>
`;

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
