/** Parameters of a header field, `; name=value`: long and foreign values by RFC 2231, in continuations where one line does not hold them. */
import { HeaderLine } from './header-line.ts';
import { isAscii } from './mail-value.ts';

export interface Parameter {
  name: string;
  value: string;
}

/** `Content-Type: text/plain; charset=utf-8` and its like. The values hold no control characters. */
export const writeParameters = (name: string, value: string, parameters: readonly Parameter[]): string => {
  const line = new HeaderLine(name);
  const words = [value, ...parameters.flatMap(toParameterWords)];
  for (const [place, word] of words.entries()) line.add(place < words.length - 1 ? `${word};` : word);
  return line.end();
};

const token = /^[\w!#$%&'*+.^`{|}~-]+$/;
/** RFC 2231 §7 attribute-char, less what RFC 5987 finds unsafe. */
const attributeCharacter = /[\w!#$&+.^`{|}~-]/;

function toParameterWords({ name, value }: Parameter): string[] {
  // Some readers decode what looks like an encoded word even inside quotes, and many get escapes wrong.
  if (token.test(value) && name.length + value.length < 70) return [`${name}=${value}`];
  if (isAscii(value) && !/["\\]|=\?/.test(value) && value !== '' && name.length + value.length < 70) {
    return [`${name}="${value}"`];
  }
  const units = [...value].map((character) => (attributeCharacter.test(character) ? character : percent(character)));
  const whole = `${name}*=utf-8''${units.join('')}`;
  if (whole.length <= 74) return [whole];
  const sections: string[] = [];
  let section = `${name}*0*=utf-8''`;
  for (const unit of units) {
    if (section.length + unit.length > 74) {
      sections.push(section);
      section = `${name}*${sections.length}*=`;
    }
    section += unit;
  }
  return [...sections, section];
}

function percent(character: string): string {
  return Buffer.from(character)
    .toString('hex')
    .toUpperCase()
    .replace(/../g, (pair) => `%${pair}`);
}
