/** What a mail program would make of the HTML: pictures without words, links that lead nowhere, parts it will not load. */

export interface HtmlFault {
  severity: 'error' | 'warning';
  code: string;
  message: string;
}

const attribute = /([a-z][a-z0-9:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;
const active = new Set(['script', 'iframe', 'object', 'embed', 'applet', 'frame', 'frameset', 'base', 'portal']);

/** @param html as it is sent. Each kind of fault is told once for each place it names. */
export const inspectHtml = (html: string, maxBytes: number): HtmlFault[] => {
  const faults = new Map<string, HtmlFault>();
  const tell = (severity: HtmlFault['severity'], code: string, message: string) => {
    if (faults.size < 50) faults.set(`${code} ${message}`, { severity, code, message });
  };
  const bytes = Buffer.byteLength(html);
  if (bytes > maxBytes) {
    const kilobytes = Math.ceil(bytes / 1024);
    tell(
      'warning',
      'too_large',
      `The HTML has ${kilobytes} KB. Gmail cuts a message off after 102 KB; make it shorter.`,
    );
  }
  for (const { name, rest } of readTags(html)) inspectTag(name, readAttributes(rest), tell);
  for (const [, address = ''] of html.matchAll(/(?:url\(\s*["']?|@import\s+["'])(https?:\/\/[^\s"')]{1,2000})/gi)) {
    tell(
      'warning',
      'external_resource',
      `${shorten(address)} is loaded from elsewhere; most mail programs do not show it.`,
    );
  }
  return [...faults.values()];
};

/** A tag with more is none that anybody wrote. */
const longestTag = 10_000;

/** Each place is looked at once, whatever the text is. What only Outlook reads is a comment to everything else. */
function* readTags(html: string): Generator<{ name: string; rest: string }> {
  let at = html.indexOf('<');
  while (at >= 0) {
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at + 4);
      if (end < 0) return;
      at = html.indexOf('<', end);
      continue;
    }
    const end = findTagEnd(html, at + 1);
    if (end < 0) return;
    const [, name, rest] = /^<([a-z][a-z0-9-]*)([\s\S]*)$/i.exec(html.slice(at, Math.min(end, at + longestTag))) ?? [];
    if (name !== undefined) yield { name: name.toLowerCase(), rest: rest ?? '' };
    at = html.indexOf('<', end);
  }
}

/** Of the `>` that is not in quotes, or the `<` before one; -1: neither comes. */
function findTagEnd(html: string, from: number): number {
  for (let at = from; at < html.length; at += 1) {
    const character = html[at];
    if (character === '>' || character === '<') return at;
    if (character !== '"' && character !== "'") continue;
    at = html.indexOf(character, at + 1);
    if (at < 0) return -1;
  }
  return -1;
}

type Tell = (severity: HtmlFault['severity'], code: string, message: string) => void;

function inspectTag(name: string, attributes: Map<string, string>, tell: Tell): void {
  if (active.has(name)) {
    tell('error', 'script', `<${name}> is removed or refused by mail programs, and may harm. Take it out.`);
  }
  for (const [key, value] of attributes) {
    if (key.startsWith('on')) tell('error', 'script', `${key}="…" is code, which mail programs refuse. Take it out.`);
    if (
      /^(?:href|src|action|background)$/.test(key) &&
      /^(?:javascript|vbscript|data:text)/i.test(value.replace(/\s/g, ''))
    ) {
      tell('error', 'script', `${key}="${shorten(value)}" is code, which mail programs refuse. Give a web address.`);
    }
  }
  if (name === 'link' && attributes.has('href')) {
    tell(
      'warning',
      'external_resource',
      'A <link> is loaded from elsewhere; mail programs ignore it. Write the styles into <style>.',
    );
  }
  if (name === 'form') tell('warning', 'form', 'Mail programs do not send forms. Link to a page that has it.');
  if (name === 'img') inspectImage(attributes, tell);
  if (name === 'a') inspectLink(attributes.get('href'), tell);
}

function inspectImage(attributes: Map<string, string>, tell: Tell): void {
  const source = attributes.get('src') ?? '';
  if (!attributes.has('alt')) {
    tell(
      'warning',
      'missing_alt',
      `The picture ${shorten(source)} has no alt text. Say what it shows, or alt="" where it is decoration.`,
    );
  }
  if (/^(https?:)?\/\//i.test(source)) {
    tell(
      'warning',
      'external_image',
      `The picture ${shorten(source)} is loaded from elsewhere; many mail programs hide it until they are asked.`,
    );
  } else if (/^data:/i.test(source)) {
    tell('warning', 'data_image', 'A picture written into the HTML (data:) is not shown by Gmail and Outlook.');
  } else if (!/^cid:/i.test(source)) {
    tell(
      'warning',
      'external_image',
      `The picture "${shorten(source)}" has no address that a mail program could load.`,
    );
  }
}

function inspectLink(href: string | undefined, tell: Tell): void {
  if (href === undefined) return;
  const address = href.trim();
  if (address === '' || address === '#') {
    tell('warning', 'link', 'A link leads nowhere: its href is empty.');
  } else if (/^http:/i.test(address)) {
    tell('warning', 'link', `The link ${shorten(address)} is not https: what is read there can be read along the way.`);
  } else if (!/^(https:|mailto:|tel:|#)/i.test(address)) {
    tell('warning', 'link', `The link "${shorten(address)}" is no full address. Begin it with https://.`);
  }
}

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = '', double, single, bare] of text.matchAll(attribute)) {
    attributes.set(name.toLowerCase(), decode(double ?? single ?? bare ?? ''));
  }
  for (const bare of text.replace(attribute, '').match(/[a-z][a-z0-9-]*/gi) ?? [])
    attributes.set(bare.toLowerCase(), '');
  return attributes;
}

const named: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  colon: ':',
  tab: '\t',
  newline: '\n',
};

function decode(value: string): string {
  return value.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));?/gi, (whole, number, hex, name) => {
    const code = number ? Number(number) : hex ? Number.parseInt(hex, 16) : -1;
    if (code >= 0) return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    return named[String(name).toLowerCase()] ?? whole;
  });
}

const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
