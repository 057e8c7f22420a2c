import { TextInput } from '@mantine/core';
import { StatusWord } from '../../ui/status-word.tsx';
import type { BrandingDraft, BrandingProblems } from './branding-draft.ts';
import classes from './branding-page.module.css';
import { contrastOf, isColor, readableContrast, textOn } from './color-contrast.ts';

interface ColorFieldsProps {
  draft: BrandingDraft;
  problems: BrandingProblems;
  isReadOnly: boolean;
  onChange: (fields: Partial<BrandingDraft>) => void;
}

/** The company's colour and the text on it, with a button as messages have it and whether it can be read. */
export function ColorFields({ draft, problems, isReadOnly, onChange }: ColorFieldsProps) {
  const { color, color_on: given } = draft;
  const chosen = given.trim() === '' && isColor(color) ? textOn(color) : given;
  const canCompare = isColor(color) && isColor(chosen);
  const contrast = canCompare ? contrastOf(color, chosen) : 0;
  const field = (name: 'color' | 'color_on', label: string, hint: string, shown: string) => (
    <TextInput
      id={`branding-${name}`}
      label={label}
      description={hint}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      value={draft[name]}
      error={problems[name]}
      readOnly={isReadOnly}
      classNames={isReadOnly ? { input: 'postern-readonly' } : {}}
      placeholder={name === 'color_on' ? 'chosen for you' : '#0f766e'}
      spellCheck={false}
      maxLength={7}
      onChange={(event) => onChange({ [name]: event.currentTarget.value })}
      leftSection={
        <input
          type="color"
          aria-label={`Choose: ${label}`}
          className={classes.swatch}
          value={isColor(shown) ? shown.trim().toLowerCase() : '#ffffff'}
          disabled={isReadOnly}
          onChange={(event) => onChange({ [name]: event.currentTarget.value })}
        />
      }
    />
  );
  return (
    <div className={classes.colors}>
      <div className={classes.pair}>
        {field('color', 'Colour', 'Of buttons, links and the line under the header.', color)}
        {field('color_on', 'Text on buttons', 'Empty: white or black, whichever reads better.', chosen)}
      </div>
      {canCompare && (
        <p className={classes.contrast}>
          <span className={classes.sample} style={{ background: color.trim(), color: chosen.trim() }}>
            Open the invoice
          </span>
          {contrast >= readableContrast ? (
            <StatusWord kind="sent">{`Readable: contrast ${contrast.toFixed(1)} : 1`}</StatusWord>
          ) : (
            <StatusWord kind="waiting">{`Hard to read: contrast ${contrast.toFixed(1)} : 1, better ${readableContrast} or more`}</StatusWord>
          )}
        </p>
      )}
      {isColor(color) && contrastOf(color, '#fdfefe') < readableContrast && (
        <p className={classes.hint}>
          On white this colour is too light for links: messages use a darker one of it there.
        </p>
      )}
    </div>
  );
}
