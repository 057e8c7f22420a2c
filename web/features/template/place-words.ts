/** What the screen calls a field of the API, and where on the screen it is. */

export type TabName = 'message' | 'variables' | 'settings' | 'versions';

const labels: Record<string, string> = {
  name: 'Name',
  key: 'Key',
  from_name: 'From',
  from_email: 'Email Address',
  reply_to: 'Reply-To',
  smtp_settings_id: 'SMTP settings',
  lane: 'Priority',
  is_secret: 'Secret',
  format: 'Format',
  language: 'Language',
  subject: 'Subject',
  source: 'Body',
  text: 'Text part',
  sample: 'sample',
  type: 'type',
  description: 'description',
};

export const fieldLabel = (field: string): string => labels[field] ?? field;

/** @param languages of the words, the template's own first, to name the one it is about. */
export function placeWords(path: string, languages: readonly string[] = []): string {
  const [root = '', second = '', third] = path.split('.');
  if (root === 'variants') {
    const language = languages[Number(second) + 1];
    const where = language === undefined ? '' : ` (${language})`;
    return `${fieldLabel(third ?? 'language')}${where}`;
  }
  if (root === 'variables') {
    if (second === '') return 'Variables';
    const name = /^\d+$/.test(second) ? `Variable ${Number(second) + 1}` : second;
    return third === undefined ? name : `${name}, ${fieldLabel(third)}`;
  }
  return fieldLabel(root);
}

export interface Place {
  tab: TabName;
  /** Of the words it is about, from 0; null: none of them. */
  words: number | null;
  /** Id of the element to put the focus on. */
  element: string;
}

export const elementOf = (path: string): string => `template-${path.replaceAll('.', '-')}`;

/**
 * @param variables names in their order, because a finding may name one
 * @param isNew whether the template is being added: then name and key stand beside the message
 */
export function placeOf(path: string, variables: readonly string[], isNew: boolean): Place {
  const [root = '', second = '', third = ''] = path.split('.');
  if (root === 'variants') return { tab: 'message', words: Number(second) + 1, element: elementOf(path) };
  if (['subject', 'source', 'text', 'language'].includes(root))
    return { tab: 'message', words: 0, element: elementOf(root) };
  if (root === 'variables') {
    const at = /^\d+$/.test(second) ? Number(second) : variables.indexOf(second);
    const field = third === '' ? 'sample' : third;
    return {
      tab: 'variables',
      words: null,
      element: at < 0 ? 'template-variables' : elementOf(`variables.${at}.${field}`),
    };
  }
  const isBeside = isNew && (root === 'name' || root === 'key');
  return { tab: isBeside ? 'message' : 'settings', words: null, element: elementOf(root) };
}
