/** Whether a database error says that a unique index already has this value; both drivers, told by the index's name. */
export const isUniqueViolation = (error: unknown, index: string): boolean => {
  const { code, constraint, message } = error as { code?: string; constraint?: string; message?: string };
  if (code === '23505') return constraint === index;
  return (
    code === 'SQLITE_CONSTRAINT_UNIQUE' && indexColumns[index] !== undefined && !!message?.includes(indexColumns[index])
  );
};

/** SQLite names the columns, not the index. */
const indexColumns: Record<string, string> = {
  smtp_settings_name_key: 'smtp_settings.name_key',
  template_key: 'template.key',
  person_email_key: 'person.email_key',
  account_number_key: 'account.number_key',
  contact_account_address: 'contact.account_id, contact.address_key',
};
