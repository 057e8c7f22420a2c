import { stateOfServer, useSending } from '../../lib/sending.ts';
import { StatusWord } from '../../ui/status-word.tsx';
import type { ListedSettings } from './smtp-settings-queries.ts';
import { TestState } from './test-state.tsx';

/** What stops mail from going by these settings; where nothing does, how the last test went. */
export function ServerState({ settings }: { settings: ListedSettings }) {
  const state = stateOfServer(useSending(), settings.id);
  if (state === null) return <TestState settings={settings} />;
  if (state.kind === 'paused') return <StatusWord kind="waiting">Paused</StatusWord>;
  return <StatusWord kind="failed">{state.alert.state === 'blocked' ? 'Blocked' : 'Unreachable'}</StatusWord>;
}
