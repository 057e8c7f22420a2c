import { describe, expect, it } from 'vitest';
import { InvoiceInput } from '../../../contracts/invoice.ts';
import { dayOf, emptyDraft, emptyLine, toCountedLines, toInput, toSentLines } from './invoice-draft.ts';

const line = (change: object) => ({ ...emptyLine(0), description: 'Hosting', unitPrice: '100', ...change });

describe('an invoice while it is typed', () => {
  it('begins today by the reader’s clock and is due in 30 days', () => {
    const { issuedOn, dueOn } = emptyDraft('EUR', new Date(2026, 0, 31, 23, 59));
    expect({ issuedOn, dueOn }).toEqual({ issuedOn: '2026-01-31', dueOn: '2026-03-02' });
  });

  it('leaves out the line that waits for the next one, and keeps the places of the others', () => {
    const lines = [line({}), emptyLine(1), line({ description: 'Support' })];
    expect(toSentLines(lines).map(({ at }) => at)).toEqual([0, 2]);
  });

  it('reads numbers as the reader writes them', () => {
    const [sent] = toSentLines([line({ quantity: '2,5', unitPrice: '1.190,50', taxRate: '19 %' })], 'de');
    expect(sent?.line).toEqual({ description: 'Hosting', quantity: '2.5', unit_price: '1190.50', tax_rate: '19' });
  });

  it('shows no tax where no rate is given, and takes an empty quantity for one', () => {
    const [sent] = toSentLines([line({ quantity: ' ', taxRate: '' })]);
    expect(sent?.line).toMatchObject({ quantity: '1', tax_rate: null });
  });

  it('adds up a line that has no words yet', () => {
    expect(toCountedLines([line({ description: '' })])[0]?.line.description).toBe('–');
    expect(toCountedLines([line({ unitPrice: '' })])).toEqual([]);
  });

  it('is a total without lines where its lines stand in a PDF of one’s own, and keeps what was typed before', () => {
    const draft = { ...emptyDraft('EUR', new Date(2026, 10, 22)), number: 'INV-1', lines: [line({})] };
    const sent = toInput({ ...draft, isTotalOnly: true, total: '1.190,50' }, 'de');
    expect(InvoiceInput.parse(sent)).toMatchObject({ total: '1190.50' });
    expect(sent).not.toHaveProperty('lines');
    expect(toInput({ ...draft, total: '1' })).not.toHaveProperty('total');
  });

  it('is what the API takes', () => {
    const draft = { ...emptyDraft('EUR', new Date(2026, 10, 22)), number: 'INV-1', lines: [line({ taxRate: '19' })] };
    expect(InvoiceInput.parse(toInput(draft, 'en'))).toMatchObject({
      number: 'INV-1',
      issued_on: dayOf(new Date(2026, 10, 22)),
    });
  });
});
