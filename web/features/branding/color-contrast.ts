/** Whether a colour can be read on another (WCAG 2.2 §1.4.3); as the server chooses the text on buttons. */

export const isColor = (text: string): boolean => /^#[0-9a-f]{6}$/i.test(text.trim());

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.trim().slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (alike) to 21 (black on white). */
export function contrastOf(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/** What ordinary text needs. */
export const readableContrast = 4.5;

/** The nearly white or the nearly black that reads better on it: what an empty field means. */
export const textOn = (color: string): string =>
  contrastOf('#fdfefe', color) >= contrastOf('#1b2222', color) ? '#fdfefe' : '#1b2222';
