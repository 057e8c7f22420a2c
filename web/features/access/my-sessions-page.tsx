export function MySessionsPage() {
  return null;
}
