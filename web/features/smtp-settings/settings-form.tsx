/** The fields in the order of the screen: the eight that everybody needs, Security, and what is folded under More. */
import { Button } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useEffect, useId, useState } from 'react';
import classes from './edit-panel.module.css';
import { authMethodWords, certificateWords, foldedFields, securityWords, tlsMinimumWords } from './field-words.ts';
import { ChoiceField, type FormPart, StarttlsOnlyField, TextField } from './form-fields.tsx';
import { PasswordField } from './password-field.tsx';
import { PortAdvice } from './port-advice.tsx';

export function SettingsForm(part: FormPart) {
  const { draft } = part.form;
  return (
    <div className={classes.fields}>
      {part.isReadOnly ? null : (
        <p className={classes.legend}>
          <span className={classes.requiredMark} aria-hidden /> A red bar marks what is required.
        </p>
      )}
      <TextField {...part} field="name" />
      <StarttlsOnlyField {...part} />
      <div className={classes.hostAndPort}>
        <TextField {...part} field="host" />
        <TextField {...part} field="port" isNumber />
      </div>
      {part.isReadOnly ? null : <PortAdvice form={part.form} />}
      <TextField {...part} field="fromName" />
      <TextField {...part} field="fromEmail" />
      <TextField {...part} field="username" />
      <PasswordField {...part} />
      {draft.starttlsOnly ? null : <ChoiceField {...part} field="security" words={securityWords} />}
      <MoreFields {...part} />
    </div>
  );
}

function MoreFields(part: FormPart) {
  const { draft, problems, filled } = part.form;
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const needsLook = [...foldedFields].some((field) => problems[field] !== undefined || filled.has(field));
  // Nothing that wants attention may stay folded away.
  useEffect(() => {
    if (needsLook) setOpen(true);
  }, [needsLook]);
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        className={classes.more ?? ''}
        leftSection={<IconChevronRight size={16} aria-hidden data-open={isOpen || undefined} />}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        More
      </Button>
      <div id={id} hidden={!isOpen} className={classes.folded}>
        <ChoiceField {...part} field="certificateCheck" words={certificateWords} />
        {draft.certificateCheck === 'fingerprint' ? <TextField {...part} field="certificateFingerprint" /> : null}
        {draft.certificateCheck === 'ca' ? (
          <TextField {...part} field="caCertificate" isLong placeholder="-----BEGIN CERTIFICATE-----" />
        ) : null}
        <ChoiceField {...part} field="tlsMinimum" words={tlsMinimumWords} />
        <ChoiceField {...part} field="authMethod" words={authMethodWords} />
        <TextField {...part} field="ehloName" />
        <TextField {...part} field="replyTo" />
        <div className={classes.pair}>
          <TextField {...part} field="connectTimeoutSeconds" isNumber />
          <TextField {...part} field="replyTimeoutSeconds" isNumber />
        </div>
      </div>
    </div>
  );
}
