/** Server-sent events, as WHATWG HTML §9.2.6 reads them (event and data; id and retry have no use here). */
export interface ServerSentEvent {
  /** `message` where the server named none. */
  event: string;
  data: string;
}

/** Takes text in any pieces and calls `onEvent` for each event that is complete. */
export function parseEventStream(onEvent: (event: ServerSentEvent) => void): (text: string) => void {
  let rest = '';
  let event = '';
  let data: string[] = [];
  let isFirst = true;

  const readLine = (line: string) => {
    if (line === '') {
      if (data.length > 0) onEvent({ event: event || 'message', data: data.join('\n') });
      event = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  };

  return (text) => {
    rest += text;
    if (isFirst && rest !== '') {
      rest = rest.replace(/^\uFEFF/, '');
      isFirst = false;
    }
    for (;;) {
      const end = rest.search(/[\r\n]/);
      // A CR at the very end may be half of CRLF: wait for what follows.
      if (end < 0 || (rest[end] === '\r' && end === rest.length - 1)) return;
      const next = rest[end] === '\r' && rest[end + 1] === '\n' ? end + 2 : end + 1;
      const line = rest.slice(0, end);
      rest = rest.slice(next);
      readLine(line);
    }
  };
}
