import { ActionIcon, Menu } from '@mantine/core';
import {
  IconDots,
  IconKeyOff,
  IconLogout,
  IconMail,
  IconPencil,
  IconTrash,
  IconUserCheck,
  IconUserOff,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Person } from '../../../contracts/person.ts';
import { nameOf } from './name-of.ts';
import classes from './person-menu.module.css';
import { reasonWhyNot } from './reason-why-not.ts';
import { type PersonAct, usePersonActs } from './use-person-acts.tsx';

const icon = { size: 16, 'aria-hidden': true } as const;

/** What can be done with one person; what cannot says why. */
export function PersonMenu({ person, onEdit }: { person: Person; onEdit: () => void }) {
  const { ask, isPending } = usePersonActs();
  const item = (act: PersonAct, words: string, left: ReactNode, isRed = false) => {
    const reason = reasonWhyNot(person, act);
    return (
      <Menu.Item
        leftSection={left}
        {...(isRed && reason === null ? { color: 'red' } : {})}
        {...(reason === null ? {} : { 'aria-disabled': true, className: classes.closed, closeMenuOnClick: false })}
        onClick={() => {
          if (reason === null) void ask(act, person);
        }}
      >
        {words}
        {reason !== null && <span className={classes.reason}>{reason}</span>}
      </Menu.Item>
    );
  };
  return (
    <Menu position="bottom-end" width={270} shadow="md">
      <Menu.Target>
        <ActionIcon aria-label={`Actions for ${nameOf(person)}`} loading={isPending}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{person.email}</Menu.Label>
        <Menu.Item leftSection={<IconPencil {...icon} />} onClick={onEdit}>
          Edit role, name and language
        </Menu.Item>
        {person.state === 'invited' ? (
          <>
            {item('resend', 'Send the invitation again', <IconMail {...icon} />)}
            <Menu.Divider />
            {item('delete', 'Withdraw the invitation', <IconTrash {...icon} />, true)}
          </>
        ) : (
          <>
            {item('end-sessions', 'Sign out everywhere', <IconLogout {...icon} />)}
            {item('remove-factor', 'Take the second factor away', <IconKeyOff {...icon} />)}
            <Menu.Divider />
            {person.state === 'disabled'
              ? item('enable', 'Enable', <IconUserCheck {...icon} />)
              : item('disable', 'Disable', <IconUserOff {...icon} />, true)}
            {item('delete', 'Delete', <IconTrash {...icon} />, true)}
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
