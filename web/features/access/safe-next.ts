/**
 * Where to go after sign-in: a path of this site, or the start. `next` stands in the address bar, so anybody can write
 * it; `//host`, `/\host` and `https:` would lead away (browsers read a backslash as a slash and drop tabs and line ends).
 */
export function safeNext(next: string | undefined): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop them from addresses, so they hide slashes
  if (next === undefined || !/^\/(?![/\\])[^\u0000-\u001f\\]*$/.test(next)) return '/';
  return next.startsWith('/sign-in') || next.startsWith('/first-run') ? '/' : next;
}
