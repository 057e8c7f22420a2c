/** Colours that can be read, whatever the company's own is (WCAG 2.2 §1.4.3). Colours are `#rrggbb`. */

type Rgb = [number, number, number];

const readColor = (color: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as Rgb;
const writeColor = (rgb: Rgb): string =>
  `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

function luminance(color: string): number {
  const [red, green, blue] = readColor(color).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export const contrastOf = (one: string, other: string): number => {
  const [lighter, darker] = [luminance(one), luminance(other)].toSorted((a, b) => b - a) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
};

/** Of two that are nearly white and nearly black, the one that reads better. */
export const chooseTextOn = (color: string): string =>
  contrastOf('#fdfefe', color) >= contrastOf('#1b2222', color) ? '#fdfefe' : '#1b2222';

const readable = 4.5;
const steps = 20;

/** The colour itself where it can be read on `ground`, else the nearest one towards black or white that can. */
export const makeReadable = (color: string, ground: string): string => {
  const towards: Rgb = luminance(ground) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  for (let step = 0; step <= steps; step += 1) {
    const mixed = writeColor(readColor(color).map((part, at) => part + ((towards[at]! - part) * step) / steps) as Rgb);
    if (contrastOf(mixed, ground) >= readable) return mixed;
  }
  return writeColor(towards);
};
