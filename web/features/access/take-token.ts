/**
 * The one-time token from the fragment of the link, which browsers never send to a server; at once taken out of the
 * address bar and the history, so that it cannot be copied or photographed there. Empty when there is none.
 */
export function takeToken(): string {
  const fragment = window.location.hash.replace(/^#/, '');
  if (fragment === '') return taken;
  window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  taken = decode(fragment);
  return taken;
}

/** Kept while the page lives: React may ask twice. */
let taken = '';

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
