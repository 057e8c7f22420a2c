import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { LadderResult, Repair } from '../../../contracts/diagnosis.ts';
import { Note } from '../../ui/note.tsx';
import { ServerWords } from '../../ui/server-words.tsx';
import { rungNames, timeWords } from './ladder.ts';
import { describeProbe } from './report.ts';
import classes from './test-section.module.css';

interface TestFailureProps {
  result: LadderResult;
  /** Why the form cannot be changed by this person; then the repairs are only named. */
  whyNotChange: string | null;
  onRepair: (repair: Repair) => void;
}

/** Such a repair is offered, never urged: it does not look like the way out. */
const weakens = ({ changes }: Repair): boolean => changes.security === 'none';

/** What happened, why it usually does and what to do; the server's own words beneath; and what Postern can repair itself. */
export function TestFailure({ result, whyNotChange, onRepair }: TestFailureProps) {
  const { failure } = result;
  if (!failure) return null;
  const reply = result.steps.find((rung) => rung.step === failure.step)?.reply ?? '';
  return (
    <Note
      kind="failed"
      title={`${rungNames[failure.step].short}: ${failure.title}`}
      action={
        failure.repairs.length === 0 || whyNotChange !== null
          ? undefined
          : failure.repairs.map((repair) => (
              <Button
                key={repair.label}
                size="xs"
                {...(weakens(repair)
                  ? { variant: 'default', leftSection: <IconAlertTriangle size={14} aria-hidden /> }
                  : {})}
                data-weakens={weakens(repair) || undefined}
                classNames={{ root: classes.repair ?? '', label: classes.repairLabel ?? '' }}
                onClick={() => onRepair(repair)}
              >
                {repair.label}
              </Button>
            ))
      }
    >
      <p className={classes.words}>{failure.explanation}</p>
      {reply === '' ? null : <ServerWords>{reply}</ServerWords>}
      {result.probes.length > 0 ? (
        <table className={classes.probes}>
          <caption>What the usual ports answer</caption>
          <tbody>
            {result.probes.map((probe) => (
              <tr key={probe.port}>
                <th scope="row">{probe.port}</th>
                <td>{describeProbe(probe)}</td>
                <td className={classes.figure}>{timeWords(probe.ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {failure.repairs.length > 0 && whyNotChange !== null ? (
        <p className={classes.words}>
          What would repair it: {failure.repairs.map((repair) => `“${repair.label}”`).join(', ')}. {whyNotChange}
        </p>
      ) : null}
    </Note>
  );
}
