import type { TemplatePreview } from '../../../contracts/template-preview.ts';
import classes from './template-preview.module.css';

/** From, Reply-To and subject as the message will have them, and why. */
export function FromWords({ preview }: { preview: TemplatePreview }) {
  const { from, subject, reply_to: replyTo, smtp_settings: settings } = preview;
  return (
    <dl className={classes.facts}>
      <dt>From</dt>
      <dd>
        {from === null ? (
          'Not known yet'
        ) : (
          <bdi>{from.name === '' ? from.address : `${from.name} <${from.address}>`}</bdi>
        )}
        <span className={classes.reason}>
          {from?.reason ?? 'There are no SMTP settings that could send it. Add some under SMTP Settings.'}
        </span>
      </dd>
      {replyTo !== '' && (
        <>
          <dt>Reply-To</dt>
          <dd>
            <bdi>{replyTo}</bdi>
          </dd>
        </>
      )}
      {settings !== null && (
        <>
          <dt>Sent by</dt>
          <dd>
            <bdi>{settings.name}</bdi>
          </dd>
        </>
      )}
      <dt>Subject</dt>
      <dd className={classes.subject}>{subject ?? '–'}</dd>
    </dl>
  );
}
