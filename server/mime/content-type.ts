/** The type that a caller gives an attachment: `type/subtype`, then `; name=value` any number of times (RFC 2045 §5.1). */
import { MailValueError, requireHeaderText } from './mail-value.ts';
import type { Parameter } from './parameter.ts';

export interface ContentType {
  /** Lower case. */
  type: string;
  parameters: Parameter[];
}

const typePattern = /^([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*((?:;.*)?)$/;
const parameterPattern = /\s*;\s*([\w!#$&^.+-]+)=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`{|}~-]+))\s*/y;
const maxLength = 255;
/** Only a composer knows what these divide or point to. */
const composite = /^(multipart\/|message\/(?!rfc822$))/;

/** @throws MailValueError that names `field`. */
export const parseContentType = (text: string, field: string): ContentType => {
  const refuse = () => new MailValueError(field, 'not-allowed', 'give a type such as application/pdf');
  const match = typePattern.exec(requireHeaderText(text, field, maxLength).trim());
  const type = match?.[1]?.toLowerCase() ?? '';
  if (!match || composite.test(type)) throw refuse();
  const rest = match[2] ?? '';
  const parameters: Parameter[] = [];
  parameterPattern.lastIndex = 0;
  while (parameterPattern.lastIndex < rest.length) {
    const parameter = parameterPattern.exec(rest);
    if (!parameter) throw refuse();
    const value = parameter[2]?.replace(/\\(.)/g, '$1') ?? parameter[3] ?? '';
    parameters.push({ name: parameter[1]!.toLowerCase(), value });
  }
  // Its name is told once, by Content-Disposition.
  return { type, parameters: parameters.filter(({ name }) => name !== 'name') };
};
