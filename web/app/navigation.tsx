import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { Link, type LinkProps } from '@tanstack/react-router';
import { type ReactNode, useId, useState } from 'react';
import classes from './navigation.module.css';

/** The tree of pages: Dashboard, Messages, Accounts, Invoices, Billing runs, Setup › Extensibility › SMTP Settings › SMTP Settings. `onGo` closes the narrow menu. */
export function Navigation({ onGo }: { onGo?: () => void }) {
  const go = onGo === undefined ? {} : { onGo };
  return (
    <nav aria-label="Main">
      <ul className={classes.tree}>
        <Leaf label="Dashboard" to="/" {...go} />
        <Leaf label="Messages" to="/messages" {...go} />
        <Leaf label="Accounts" to="/accounts" {...go} />
        <Leaf label="Invoices" to="/invoices" {...go} />
        <Leaf label="Billing runs" to="/billing-runs" {...go} />
        <Branch label="Setup">
          <Branch label="Extensibility">
            <Branch label="SMTP Settings">
              <Leaf label="SMTP Settings" to="/setup/extensibility/smtp-settings" {...go} />
            </Branch>
            <Leaf label="Email Templates" to="/setup/extensibility/email-templates" {...go} />
            <Leaf label="Branding" to="/setup/extensibility/branding" {...go} />
          </Branch>
          <Leaf label="Users" to="/setup/users" {...go} />
          <Leaf label="API Keys" to="/setup/api-keys" {...go} />
          <Leaf label="Retention" to="/setup/retention" {...go} />
        </Branch>
        <Leaf label="Sandbox" to="/sandbox" {...go} />
      </ul>
    </nav>
  );
}

function Branch({ label, children }: { label: string; children: ReactNode }) {
  const [isOpen, setOpen] = useState(true);
  const id = useId();
  return (
    <li>
      <UnstyledButton
        className={classes.branch}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <IconChevronRight size={14} className={classes.chevron} aria-hidden />
        {label}
      </UnstyledButton>
      <ul id={id} className={classes.tree} hidden={!isOpen}>
        {children}
      </ul>
    </li>
  );
}

function Leaf({ label, to, onGo }: { label: string; to: NonNullable<LinkProps['to']>; onGo?: () => void }) {
  return (
    <li>
      <Link
        to={to}
        // Every page lies beneath the home page.
        activeOptions={{ exact: to === '/', includeSearch: false }}
        className={classes.leaf}
        {...(onGo === undefined ? {} : { onClick: onGo })}
      >
        {label}
      </Link>
    </li>
  );
}
