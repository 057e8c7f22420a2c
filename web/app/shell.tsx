/**
 * The frame of every page behind the gate: navigation on the left, breadcrumbs above, the page below. At 700 px and
 * less the navigation becomes a menu. Says on every page what stops mail from going out.
 */
import { ActionIcon } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMenu2 } from '@tabler/icons-react';
import { Outlet } from '@tanstack/react-router';
import { SendingAlerts } from '../features/sending/sending-alerts.tsx';
import { useIsNarrow } from '../lib/use-is-narrow.ts';
import { Dialog } from '../ui/dialog.tsx';
import { AccountMenu } from './account-menu.tsx';
import { Brand } from './brand.tsx';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { Navigation } from './navigation.tsx';
import classes from './shell.module.css';

export function Shell() {
  const isNarrow = useIsNarrow();
  const [isMenuOpen, menu] = useDisclosure(false);
  return (
    <div className={classes.shell}>
      {/* biome-ignore lint/a11y/useValidAnchor: it does lead somewhere; the click only keeps it from the router */}
      <a
        className="postern-skip"
        href="#page"
        onClick={(event) => {
          // Left alone, it would be a change of address, which the router answers by drawing anew.
          event.preventDefault();
          document.getElementById('page')?.focus();
        }}
      >
        Skip to the page
      </a>
      {isNarrow ? (
        <Dialog isOpen={isMenuOpen} onClose={menu.close} title={<Brand />} placement="side">
          <Navigation onGo={menu.close} />
        </Dialog>
      ) : (
        <aside className={classes.side}>
          <Brand />
          <div className={classes.tree}>
            <Navigation />
          </div>
          <AccountMenu isWide />
        </aside>
      )}
      <div className={classes.main}>
        <header className={classes.header}>
          {isNarrow && (
            <ActionIcon
              aria-label="Menu"
              aria-expanded={isMenuOpen}
              aria-haspopup="dialog"
              onClick={menu.open}
              size={40}
            >
              <IconMenu2 size={20} aria-hidden />
            </ActionIcon>
          )}
          <Breadcrumbs />
          {isNarrow && <AccountMenu />}
        </header>
        <SendingAlerts />
        <main id="page" tabIndex={-1} className={classes.page}>
          <Outlet />
        </main>
      </div>
    </div>
  );
}
