/** A moment as `<input type="datetime-local">` has it: the reader's own clock, to the minute, `2026-11-22T14:03`. */
export function toLocalInput(at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** Null where it is no moment. */
export function fromLocalInput(text: string): Date | null {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? null : at;
}
