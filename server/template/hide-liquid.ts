/**
 * Takes Liquid out of a text before something reads it that does not know Liquid (MJML, the HTML reader), and puts it back
 * afterwards: each tag and output stands there as one plain word, or as a colour where an attribute takes only colours.
 */
export interface HiddenLiquid {
  text: string;
  /** Puts the tags back, as often as each occurs. */
  restore: (text: string) => string;
  /** The tags that the text does not hold (any more), with their place and line (from 1) in the source. */
  findLost: (text: string) => { tag: string; line: number; at: number }[];
}

const liquid = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;
const colourBefore = /\b[a-z-]*color\s*=\s*(["'])$/i;

/** @param word letters that the text does not hold. */
export const hideLiquid = (text: string, word = findWord(text)): HiddenLiquid => {
  const hidden = new Map<string, { tag: string; line: number; at: number }>();
  let line = 1;
  let counted = 0;
  let colours = 0;
  const plain = text.replace(liquid, (tag: string, at: number) => {
    for (; counted < at; counted += 1) if (text.charCodeAt(counted) === 10) line += 1;
    const quote = colourBefore.exec(text.slice(Math.max(0, at - 60), at))?.[1];
    const isColour = quote !== undefined && text[at + tag.length] === quote;
    let name = `${word}${hidden.size}x`;
    if (isColour) {
      do {
        colours += 1;
        name = `#fe${(0xa000 + colours).toString(16)}`;
      } while (text.toLowerCase().includes(name));
    }
    hidden.set(name, { tag, line, at });
    return name;
  });
  const names = new RegExp(`${word}\\d+x${colours > 0 ? '|#fe[0-9a-f]{4}' : ''}`, 'gi');
  return {
    text: plain,
    restore: (changed) => changed.replace(names, (name) => hidden.get(name.toLowerCase())?.tag ?? name),
    findLost: (changed) => {
      const found = new Set(changed.match(names)?.map((name) => name.toLowerCase()));
      return Array.from(hidden).flatMap(([name, one]) => (found.has(name) ? [] : [one]));
    },
  };
};

function findWord(text: string): string {
  const lower = text.toLowerCase();
  for (let count = 0; ; count += 1) {
    const word = `zq${count.toString(36)}qz`;
    if (!lower.includes(word)) return word;
  }
}
