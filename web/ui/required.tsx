/**
 * Props of a required Mantine input: `<TextInput {...requiredField('Name')} />`. A red left border by class, the word in
 * the label for screen readers, and aria-required; no asterisk. Combine with other `classNames` only on other parts.
 */
export function requiredField(label: string) {
  return {
    label: (
      <>
        {label}
        <span className="postern-hidden"> (required)</span>
      </>
    ),
    'aria-required': true as const,
    withAsterisk: false as const,
    classNames: { input: 'postern-required' },
  };
}

/** Props of an input that cannot be changed here: purple words, still reachable and readable. */
export function readOnlyField(label: string) {
  return {
    label: (
      <>
        {label}
        <span className="postern-hidden"> (cannot be changed)</span>
      </>
    ),
    readOnly: true as const,
    classNames: { input: 'postern-readonly' },
  };
}
