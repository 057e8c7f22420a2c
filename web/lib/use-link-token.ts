import { useEffect, useState } from 'react';

/**
 * The one-time token from the fragment of a link, which browsers never send to a server; at once taken out of the address
 * bar and the history, so that it cannot be copied or photographed there. Empty when there is none.
 * @returns the token, and what forgets it once it is used
 */
export function useLinkToken(): [token: string, forget: () => void] {
  const [token, setToken] = useState(takeToken);
  // A link pasted into a page that is open already changes nothing but what stands after the #.
  useEffect(() => {
    const onHash = () => setToken(takeToken());
    window.addEventListener('hashchange', onHash);
    return () => window.removeEventListener('hashchange', onHash);
  }, []);
  const forget = () => {
    taken.delete(window.location.pathname);
    setToken('');
  };
  return [token, forget];
}

/** By the page it was for, kept while that page lives: React may ask twice. */
const taken = new Map<string, string>();

function takeToken(): string {
  const { hash, pathname, search } = window.location;
  const fragment = hash.replace(/^#/, '');
  if (fragment === '') return taken.get(pathname) ?? '';
  window.history.replaceState(window.history.state, '', pathname + search);
  taken.set(pathname, decode(fragment));
  return taken.get(pathname) ?? '';
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
