export function SmtpSettingsPage() {
  return null;
}
