/** The right column: the message as it would be, from whom, how large, and what its author should look at. */
import { templateLimits } from '../../../contracts/template.ts';
import type { TemplatePreview as Preview } from '../../../contracts/template-preview.ts';
import { Loading } from '../../ui/loading.tsx';
import { MailPreview } from '../../ui/mail-preview.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { sizeWords } from '../../ui/size-words.ts';
import { CheckList } from './check-list.tsx';
import { FromWords } from './from-words.tsx';
import classes from './template-preview.module.css';

interface TemplatePreviewProps {
  preview: Preview | undefined;
  /** It belongs to what was typed a moment ago. */
  isOld: boolean;
  error: Error | null;
  onRetry: () => void;
  languages: readonly string[];
  /** Leads to the field that a finding is about. */
  onGo: (path: string) => void;
}

export function TemplatePreview({ preview, isOld, error, onRetry, languages, onGo }: TemplatePreviewProps) {
  if (preview === undefined) {
    if (error === null) return <Loading height={420} />;
    return <ProblemNote error={error} title="The preview could not be made" onRetry={onRetry} />;
  }
  return (
    <div className={classes.preview} aria-busy={isOld}>
      <MailPreview
        title="Preview"
        htmlPath={preview.html_path}
        text={preview.text}
        whyNone="It cannot be shown before what is marked ▲ below is repaired."
      >
        <ProblemNote error={error} title="The preview could not be made" onRetry={onRetry} />
        <FromWords preview={preview} />
      </MailPreview>
      {preview.html !== null && (
        <p className={classes.size}>
          {sizeWords(preview.html_bytes)} of HTML. Mail programs show {Math.round(templateLimits.htmlBytes / 1024)} KB
          whole.
        </p>
      )}
      <CheckList problems={preview.problems} languages={languages} onGo={onGo} />
    </div>
  );
}
