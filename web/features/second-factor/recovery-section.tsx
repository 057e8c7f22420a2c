import { Button } from '@mantine/core';
import { makeRecoveryCodes, type SecondFactors } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { Section } from '../../ui/section.tsx';
import { StatusWord } from '../../ui/status-word.tsx';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { useFactorChange } from './use-factor-change.ts';

/** So few are left that new ones should be made. */
const few = 3;

/** How many codes are left, and new ones. */
export function RecoverySection({ factors }: { factors: SecondFactors }) {
  const codes = factors.recoveryCodes;
  const making = useFactorChange(() => call(makeRecoveryCodes));
  const ask = async () => {
    const body = <p>The {codes?.left} that are left stop working. The new ones are shown once.</p>;
    const isFree = codes === null || codes.left === 0;
    if (isFree || (await askYesNo({ title: 'Make ten new recovery codes?', children: body }))) making.mutate();
  };
  return (
    <Section
      title="Recovery codes"
      state={codes === null ? <StatusWord kind="failed">none</StatusWord> : <Left left={codes.left} />}
      intro={
        <>
          For the day when app and passkeys are lost. Each works once.
          {codes !== null && (
            <>
              {' '}
              Made <TimeAgo at={codes.createdAt} />.
            </>
          )}
        </>
      }
    >
      <Button variant="default" loading={making.isPending} onClick={() => void ask()}>
        Make new codes
      </Button>
    </Section>
  );
}

function Left({ left }: { left: number }) {
  return <StatusWord kind={left === 0 ? 'failed' : left <= few ? 'waiting' : 'on'}>{`${left} of 10 left`}</StatusWord>;
}
