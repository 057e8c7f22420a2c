/**
 * At the top of every page: mail waits for somebody to do something. A line says which server, why, since when and how much
 * waits for it, and has the next step; several fold into one.
 */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { systemQuery } from '../../lib/me.ts';
import { useSending, useSteering } from '../../lib/sending.ts';
import { notifyProblem } from '../../ui/notify.ts';
import { firstSentence } from '../../ui/time-words.ts';
import { foldedWords, isAboutServer, linesOf } from './alert-lines.ts';
import { AlertRow, LineButton, ServerAlert } from './alert-row.tsx';
import classes from './sending-alerts.module.css';

export function SendingAlerts() {
  const sending = useSending();
  const closed = useQuery(systemQuery).data?.sendingClosed ?? null;
  const steering = useSteering(notifyProblem);
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const lines = linesOf(sending, closed);
  const ofServers = lines.filter(isAboutServer);
  const isFolding = ofServers.length > 1;
  const shown = isFolding && !isOpen ? [] : ofServers;
  return (
    <section aria-label="Alerts" className={classes.alerts} hidden={lines.length === 0}>
      {/* Counts change every few seconds: only that there is something new is said aloud. */}
      <p role="status" className="postern-hidden">
        {lines.length === 0
          ? ''
          : isFolding
            ? `${ofServers.length} servers need attention.`
            : 'Mail waits for somebody.'}
      </p>
      {lines.map((line) => {
        if (line.kind === 'problem') {
          return (
            <AlertRow key="problem" kind="failed">
              <b>{firstSentence(line.says)}</b> {line.says.slice(firstSentence(line.says).length)}
            </AlertRow>
          );
        }
        if (line.kind !== 'paused') return null;
        return (
          <AlertRow
            key="paused"
            kind="waiting"
            since={line.at}
            actions={
              steering.whyNot === null && (
                <LineButton isBusy={steering.isBusy} onClick={() => steering.steer({ act: 'resume', id: null })}>
                  Resume
                </LineButton>
              )
            }
          >
            <b>All sending is paused</b>
            {line.by === null ? '' : ` by ${line.by}`}. Mail is accepted and waits.
          </AlertRow>
        );
      })}
      {isFolding && (
        <AlertRow
          kind={ofServers.some(({ kind }) => kind === 'server') ? 'failed' : 'waiting'}
          actions={
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              aria-expanded={isOpen}
              aria-controls={id}
              onClick={() => setOpen(!isOpen)}
            >
              {isOpen ? 'Fold' : 'Show them'}
            </Button>
          }
        >
          <b>{foldedWords(ofServers)}</b>
        </AlertRow>
      )}
      <ul id={id} className={classes.servers} aria-label="Servers that need attention">
        {shown.map((line) => (
          <ServerAlert key={keyOf(line)} line={line} steering={steering} isInside={isFolding} />
        ))}
      </ul>
    </section>
  );
}

const keyOf = (line: ReturnType<typeof linesOf>[number]): string =>
  line.kind === 'server' ? line.alert.smtp_settings.id : line.kind === 'paused-server' ? line.settings.id : line.kind;
