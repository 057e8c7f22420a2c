import { ActionIcon, type MantineColorScheme, Menu, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { IconDevices, IconKey, IconLogout, IconUser, IconUserCircle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMe } from '../lib/me.ts';
import classes from './shell.module.css';
import { useSignOut } from './use-sign-out.ts';

const appearances = [
  ['auto', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

/** Who is signed in; what is theirs, the appearance, the way out. Wide: a row with name and role; else an icon. */
export function AccountMenu({ isWide = false }: { isWide?: boolean }) {
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useSignOut();
  const label = `Account: ${me.name}, ${me.role}`;
  return (
    <Menu position={isWide ? 'top-start' : 'bottom-end'} width={220} shadow="md">
      <Menu.Target>
        {isWide ? (
          <UnstyledButton className={classes.account} aria-label={label}>
            <IconUserCircle size={20} stroke={1.6} aria-hidden />
            <span className={classes.who}>
              {me.name}
              <br />
              <span className={classes.role}>{me.role}</span>
            </span>
          </UnstyledButton>
        ) : (
          <ActionIcon aria-label={label} size={40}>
            <IconUserCircle size={20} stroke={1.6} aria-hidden />
          </ActionIcon>
        )}
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.email}</Menu.Label>
        <Menu.Item component={Link} to="/me/profile" leftSection={<IconUser size={16} aria-hidden />}>
          My profile
        </Menu.Item>
        <Menu.Item component={Link} to="/me/second-factors" leftSection={<IconKey size={16} aria-hidden />}>
          My second factors
        </Menu.Item>
        <Menu.Item component={Link} to="/me/sessions" leftSection={<IconDevices size={16} aria-hidden />}>
          My sessions
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        <Menu.RadioGroup value={colorScheme} onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}>
          {appearances.map(([scheme, words]) => (
            <Menu.RadioItem key={scheme} value={scheme} closeMenuOnClick={false}>
              {words}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
