/** Testing from the form: the draft as it stands, and a repair, which changes the draft and tests again. */
import { useState } from 'react';
import type { Repair } from '../../../contracts/diagnosis.ts';
import { applyChanges, checkDraft, type Draft, type FieldProblems, testBodyOf, whyPasswordAgain } from './draft.ts';
import { passwordAgainWords } from './field-words.ts';
import type { DraftForm } from './use-draft.ts';
import { fieldProblemsOf, focusFirstProblem } from './use-save.ts';
import type { TestBench } from './use-test.ts';

export function useFormTest(form: DraftForm, bench: TestBench, subject: string, ownAddress: string) {
  const [to, setTo] = useState('');
  const [toProblem, setToProblem] = useState<string>();

  const refuse = (problems: FieldProblems) => {
    form.setProblems(problems);
    focusFirstProblem(problems);
  };

  const testThis = async (draft: Draft) => {
    setToProblem(undefined);
    // A test needs no name yet.
    const checked = checkDraft({ ...draft, name: draft.name.trim() || 'New SMTP settings' });
    if (!checked.ok) return refuse(checked.problems);
    const again = whyPasswordAgain(draft, form.base, form.shown);
    if (again) return refuse({ password: passwordAgainWords[again] });
    const problem = await bench.testDraft(
      subject,
      testBodyOf(draft, checked.input, form.base, to.trim()),
      to.trim() || ownAddress,
    );
    if (!problem) return;
    const problems = fieldProblemsOf(problem);
    if (Object.keys(problems).length > 0) refuse(problems);
    setToProblem(problem.fieldMessage('to'));
  };

  return {
    to,
    toProblem,
    setTo: (next: string) => {
      setTo(next);
      setToProblem(undefined);
    },
    test: () => testThis(form.draft),
    repair: (repair: Repair) => {
      form.fill(repair.changes);
      return testThis(applyChanges(form.draft, repair.changes).draft);
    },
  };
}
