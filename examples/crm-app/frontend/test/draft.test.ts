import { expect, it } from 'vitest';
import {
  type Draft,
  draftRequest,
  draftTotals,
  emptyDraft,
  emptyLine,
  validateDraft,
} from '../src/invoices/draft.js';

const draft: Draft = {
  ...emptyDraft(),
  clientId: 'c1',
  issuedOn: '2026-03-01',
  dueOn: '2026-03-31',
  lines: [
    { key: 0, description: ' Design ', quantity: '1,5', unitPrice: '10.01', taxPercent: '20' },
    { key: 1, description: 'Hosting', quantity: '1', unitPrice: '0,05', taxPercent: '7.5' },
  ],
};

it('adds up lines that are each rounded first', () => {
  expect(draftTotals(draft)).toEqual({
    subtotalMinor: 1_507,
    taxMinor: 300,
    totalMinor: 1_807,
    lineTotals: [1_502, 5],
  });
});

it('leaves a line that cannot be read yet out of the totals', () => {
  const typing = { ...draft, lines: [...draft.lines, { ...emptyLine(2), quantity: 'tw' }] };
  expect(draftTotals(typing)).toMatchObject({ totalMinor: 1_807, lineTotals: [1_502, 5, undefined] });
});

it('takes the places of the currency', () => {
  const yen = { ...draft, currency: 'JPY', lines: [{ ...emptyLine(0), unitPrice: '500' }] };
  expect(draftTotals(yen).subtotalMinor).toBe(500);
  const cents = { ...yen, lines: [{ ...emptyLine(0), description: 'x', unitPrice: '500.50' }] };
  expect(validateDraft(cents)).toEqual({ 'lines.0.unitPriceMinor': 'An amount such as 12500.' });
});

it('sends integers for money, a decimal text for quantities and basis points for rates', () => {
  expect(draftRequest(draft)).toEqual({
    clientId: 'c1',
    issuedOn: '2026-03-01',
    dueOn: '2026-03-31',
    lines: [
      { description: 'Design', quantity: '1.5', unitPriceMinor: 1_001, taxRateBp: 2_000 },
      { description: 'Hosting', quantity: '1', unitPriceMinor: 5, taxRateBp: 750 },
    ],
  });
});

it('names everything that is wrong by the path of the request', () => {
  expect(validateDraft(draft)).toEqual({});
  const wrong: Draft = {
    ...draft,
    clientId: '',
    dueOn: '2026-02-01',
    lines: [{ key: 0, description: ' ', quantity: '0', unitPrice: '', taxPercent: '101' }],
  };
  expect(Object.keys(validateDraft(wrong))).toEqual([
    'clientId',
    'dueOn',
    'lines.0.description',
    'lines.0.quantity',
    'lines.0.unitPriceMinor',
    'lines.0.taxRateBp',
  ]);
});
