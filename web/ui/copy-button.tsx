import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { copyText } from './copy-text.ts';

interface CopyButtonProps {
  /** What is copied; a function is asked at the click. */
  text: string | (() => string);
  /** What it copies: `Copy result`. The button's words, or the icon's name. */
  label: string;
  /** Only the icon, with the label as tooltip. */
  isIcon?: boolean;
}

/** Copies and says so for two seconds, aloud too. */
export function CopyButton({ text, label, isIcon = false }: CopyButtonProps) {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready');
  useEffect(() => {
    if (state === 'ready') return;
    const timer = setTimeout(() => setState('ready'), 2000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => setState((await copyText(typeof text === 'string' ? text : text())) ? 'copied' : 'refused');
  const words =
    state === 'copied' ? 'Copied' : state === 'refused' ? 'The browser refused: select and copy by hand' : label;
  const Icon = state === 'copied' ? IconCheck : IconCopy;
  return (
    <>
      {isIcon ? (
        <Tooltip label={words}>
          <ActionIcon aria-label={label} onClick={copy}>
            <Icon size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      ) : (
        <Button variant="default" size="xs" leftSection={<Icon size={14} aria-hidden />} onClick={copy}>
          {words}
        </Button>
      )}
      <span role="status" className="postern-hidden">
        {state === 'ready' ? '' : words}
      </span>
    </>
  );
}
