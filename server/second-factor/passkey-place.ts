/**
 * Where passkeys belong (WebAuthn §5.1.2): to the name in POSTERN_PUBLIC_URL. Browsers take no IP address for it, and
 * nothing but https, with one exception: localhost. So with a public URL on loopback they belong to `localhost`, at
 * whatever port the page has.
 */
export interface PasskeyPlace {
  rpId: string;
  /** The one from which an answer may come. */
  origin: string;
}

export type FoundPlace = { ok: true; place: PasskeyPlace } | { ok: false; why: string };

/** @param requestOrigin the Origin header of a request that the cross-site rules let through. */
export const findPasskeyPlace = (publicUrl: string, requestOrigin: string | undefined): FoundPlace => {
  const url = new URL(publicUrl);
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) {
    const asked = URL.parse(requestOrigin ?? '');
    if (asked?.hostname === 'localhost') return { ok: true, place: { rpId: 'localhost', origin: asked.origin } };
    const port = asked?.port || url.port;
    return {
      ok: false,
      why: `Passkeys need a name. Open Postern as http://localhost${port ? `:${port}` : ''} instead.`,
    };
  }
  if (/^[\d.]+$|^\[/.test(url.hostname)) {
    return { ok: false, why: 'Passkeys need a name, not an IP address: give POSTERN_PUBLIC_URL with a host name.' };
  }
  if (url.protocol !== 'https:') {
    return { ok: false, why: 'Passkeys need https: give POSTERN_PUBLIC_URL with https:// and serve it there.' };
  }
  return { ok: true, place: { rpId: url.hostname, origin: url.origin } };
};
