/**
 * `after:2026-11-01` means the reader's day, and only this side knows where the reader is: the day is sent as the moment it
 * begins here. What was typed stays in the address as it was typed.
 */
export function toLocalDays(search: string): string {
  return search.replace(/\b(before|after):(\d{4})-(\d\d)-(\d\d)(?=\s|$)/gi, (whole, name: string, y, m, d) => {
    const at = new Date(Number(y), Number(m) - 1, Number(d));
    const isReal = at.getMonth() === Number(m) - 1 && at.getDate() === Number(d);
    return isReal ? `${name}:${at.toISOString()}` : whole;
  });
}
