import type { CreateInvoiceLine, CreateInvoiceRequest } from '@seaworthy-example/crm-api';
import { currencyDigits, decimalOfMinor, type FieldErrors, today } from '@seaworthy-example/ui';
import { lineAmounts } from '../money/line-amounts.js';
import { parseDecimal } from '../money/parse-decimal.js';

/** A line as it is typed. */
export interface DraftLine {
  /** Tells the rows apart while they come and go. */
  readonly key: number;
  readonly description: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly taxPercent: string;
}

/** An invoice as it is typed; only a whole one can be sent. */
export interface Draft {
  readonly clientId: string;
  readonly currency: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  readonly notes: string;
  readonly lines: readonly DraftLine[];
}

export interface DraftTotals {
  readonly subtotalMinor: number;
  readonly taxMinor: number;
  readonly totalMinor: number;
  /** By line; `undefined` while a figure of it cannot be read. */
  readonly lineTotals: readonly (number | undefined)[];
}

const quantityPlaces = 3;
const percentPlaces = 2;

export function emptyLine(key: number): DraftLine {
  return { key, description: '', quantity: '1', unitPrice: '', taxPercent: '20' };
}

/** Payable in 30 days. */
export function emptyDraft(): Draft {
  return {
    clientId: '',
    currency: 'EUR',
    issuedOn: today(),
    dueOn: today(30),
    notes: '',
    lines: [emptyLine(0)],
  };
}

/** Adds up what can be read so far, so that the totals follow the typing. */
export function draftTotals({ lines, currency }: Draft): DraftTotals {
  let subtotalMinor = 0;
  let taxMinor = 0;
  const lineTotals = lines.map((line) => {
    const { quantity, unitPriceMinor, taxRateBp } = figures(line, currency);
    if (quantity === undefined || unitPriceMinor === undefined || taxRateBp === undefined) return undefined;
    const amounts = lineAmounts(quantity, unitPriceMinor, taxRateBp);
    subtotalMinor += amounts.lineTotalMinor;
    taxMinor += amounts.taxMinor;
    return amounts.lineTotalMinor;
  });
  return { subtotalMinor, taxMinor, totalMinor: subtotalMinor + taxMinor, lineTotals };
}

/** What keeps a draft from being sent; paths are those of the request, so that the server's answers land beside them. */
export function validateDraft(draft: Draft): FieldErrors {
  const errors: Record<string, string> = {};
  if (draft.clientId === '') errors.clientId = 'Choose the client.';
  if (draft.issuedOn === '') errors.issuedOn = 'Choose a date.';
  if (draft.dueOn === '') errors.dueOn = 'Choose a date.';
  else if (draft.dueOn < draft.issuedOn) errors.dueOn = 'Cannot be due before it is issued.';
  for (const [index, line] of draft.lines.entries()) {
    const { quantity, unitPriceMinor, taxRateBp } = figures(line, draft.currency);
    const path = `lines.${index}`;
    if (line.description.trim() === '') errors[`${path}.description`] = 'Say what is charged.';
    if (quantity === undefined) errors[`${path}.quantity`] = 'A number such as 1.5.';
    if (quantity === 0) errors[`${path}.quantity`] = 'More than 0.';
    if (unitPriceMinor === undefined) {
      const example = decimalOfMinor(12_500, currencyDigits(draft.currency));
      errors[`${path}.unitPriceMinor`] = `An amount such as ${example}.`;
    }
    if (taxRateBp === undefined || taxRateBp > 10_000) errors[`${path}.taxRateBp`] = '0 to 100.';
  }
  return errors;
}

/** The request of a draft that `validateDraft` found nothing wrong with. */
export function draftRequest({
  clientId,
  issuedOn,
  dueOn,
  notes,
  lines,
  currency,
}: Draft): CreateInvoiceRequest {
  return {
    clientId,
    issuedOn,
    dueOn,
    ...(notes.trim() === '' ? {} : { notes: notes.trim() }),
    lines: lines.map((line): CreateInvoiceLine => {
      const { unitPriceMinor = 0, taxRateBp = 0 } = figures(line, currency);
      const quantity = line.quantity.trim().replace(',', '.');
      return { description: line.description.trim(), quantity, unitPriceMinor, taxRateBp };
    }),
  };
}

function figures(line: DraftLine, currency: string) {
  return {
    quantity: parseDecimal(line.quantity, quantityPlaces),
    unitPriceMinor: parseDecimal(line.unitPrice, currencyDigits(currency)),
    taxRateBp: parseDecimal(line.taxPercent, percentPlaces),
  };
}
