/** Fills in what a provider wants, and says what has to be done there first. */
import { Button, Menu, NativeSelect } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { Note } from '../../ui/note.tsx';
import classes from './edit-panel.module.css';
import { type Preset, presets } from './presets.ts';

export interface ChosenPreset {
  preset: Preset;
  serverAt: number;
}

export function PresetMenu({ onChoose }: { onChoose: (chosen: ChosenPreset) => void }) {
  return (
    <Menu position="bottom-end" shadow="md" withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button variant="default" size="xs" rightSection={<IconChevronDown size={14} aria-hidden />}>
          Fill in for a provider
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes.presetList ?? ''}>
        {presets.map((preset) => (
          <Menu.Item key={preset.id} onClick={() => onChoose({ preset, serverAt: 0 })}>
            {preset.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface PresetNoteProps {
  chosen: ChosenPreset;
  onChoose: (chosen: ChosenPreset) => void;
  onClose: () => void;
}

export function PresetNote({ chosen: { preset, serverAt }, onChoose, onClose }: PresetNoteProps) {
  return (
    <Note
      kind="plain"
      title={`${preset.name}: what it needs`}
      action={
        <Button size="xs" variant="default" onClick={onClose}>
          Close
        </Button>
      }
    >
      {preset.servers.length > 1 ? (
        <NativeSelect
          className={classes.region ?? ''}
          label="Region of your account"
          value={String(serverAt)}
          onChange={(event) => onChoose({ preset, serverAt: Number(event.currentTarget.value) })}
          data={preset.servers.map((server, index) => ({ value: String(index), label: server.region }))}
        />
      ) : null}
      <ul className={classes.needs}>
        {preset.needs.map((need) => (
          <li key={need}>{need}</li>
        ))}
      </ul>
    </Note>
  );
}
