/** What this person may do with the template, and the sentence that says why not. The server decides; this only says it first. */
import type { Me } from '../../../contracts/access.ts';
import type { Endpoint } from '../../../contracts/endpoint.ts';
import {
  changeTemplate,
  createTemplate,
  deleteTemplate,
  duplicateTemplate,
  resetTemplate,
  type TemplateSummary,
} from '../../../contracts/template.ts';
import { sendTemplateTest } from '../../../contracts/template-preview.ts';
import { reasonWhyNot } from '../../lib/me.ts';

export const nothingSelected = 'Select a template in the list first.';
export const beingLoaded = 'The template is being loaded.';

/**
 * Each null where it is allowed.
 * @param whyNone what is said where there is no template
 */
export function permissionsFor(me: Me, template: TemplateSummary | null, whyNone = nothingSelected) {
  const why = (endpoint: Endpoint, doing: string) => reasonWhyNot(me, endpoint)?.replace('do this', doing) ?? null;
  const missing = template ? null : whyNone;
  return {
    whyNotAdd: why(createTemplate, 'add templates'),
    whyNotChange: why(changeTemplate, 'change templates'),
    whyNotTest: why(sendTemplateTest, 'send tests'),
    whyNotDuplicate: why(duplicateTemplate, 'duplicate templates') ?? missing,
    whyNotDelete:
      why(deleteTemplate, 'delete templates') ??
      missing ??
      (template?.is_built_in ? 'It comes with Postern, which needs it. Reset it instead.' : null),
    whyNotReset:
      why(resetTemplate, 'reset templates') ??
      missing ??
      (template?.is_changed ? null : 'It is as Postern brought it.'),
  };
}
