import { StatusWord } from '../../ui/status-word.tsx';

/** How the last test went, as word and shape. */
export function TestState({ settings }: { settings: { lastTestOk: boolean | null } }) {
  if (settings.lastTestOk === null) return <StatusWord kind="none">Not tested</StatusWord>;
  return settings.lastTestOk ? (
    <StatusWord kind="sent">Test passed</StatusWord>
  ) : (
    <StatusWord kind="failed">Test failed</StatusWord>
  );
}
