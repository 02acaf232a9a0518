import type { CreatePaymentRequest, Invoice, PaymentMethod } from '@seaworthy-example/crm-api';
import {
  currencyDigits,
  Dialog,
  decimalOfMinor,
  type FieldErrors,
  FormBody,
  SelectField,
  TextField,
  today,
  useForm,
  useFormats,
  useNotify,
} from '@seaworthy-example/ui';
import { useState } from 'react';
import { useCreatePayment } from '../api/invoices.js';
import { createAttemptKeys } from '../money/attempt-keys.js';
import { parseDecimal } from '../money/parse-decimal.js';
import { methodLabels } from './payment-list.js';

export interface PaymentDialogProps {
  readonly invoice: Invoice;
  readonly open: boolean;
  readonly onClose: () => void;
}

export function PaymentDialog({ invoice, open, onClose }: PaymentDialogProps) {
  const { money } = useFormats();
  return (
    <Dialog
      open={open}
      title="Record payment"
      description={`Invoice ${invoice.number}: ${money(invoice.dueMinor, invoice.currency)} still due.`}
      onClose={onClose}
    >
      <PaymentForm invoice={invoice} onClose={onClose} />
    </Dialog>
  );
}

interface Values {
  readonly amountMinor: string;
  readonly method: PaymentMethod;
  readonly paidOn: string;
  readonly reference: string;
}

function PaymentForm({ invoice, onClose }: Omit<PaymentDialogProps, 'open'>) {
  const { money } = useFormats();
  const { currency, dueMinor } = invoice;
  const digits = currencyDigits(currency);
  const pay = useCreatePayment(invoice.id);
  const notify = useNotify();
  const [keyOf] = useState(() => createAttemptKeys());

  function validate({ amountMinor, paidOn }: Values): FieldErrors {
    const amount = parseDecimal(amountMinor, digits);
    const wrong =
      amount === undefined || amount === 0
        ? `Enter an amount such as ${decimalOfMinor(dueMinor, digits)}.`
        : amount > dueMinor
          ? `Only ${money(dueMinor, currency)} is still due.`
          : undefined;
    return {
      ...(wrong === undefined ? {} : { amountMinor: wrong }),
      ...(paidOn === '' ? { paidOn: 'Choose the day on which it arrived.' } : {}),
    };
  }

  const form = useForm<Values>({
    initial: {
      amountMinor: decimalOfMinor(dueMinor, digits),
      method: 'bank',
      paidOn: today(),
      reference: '',
    },
    validate,
    submit: async ({ amountMinor, method, paidOn, reference }) => {
      const request: CreatePaymentRequest = {
        amountMinor: parseDecimal(amountMinor, digits) ?? 0,
        method,
        paidOn,
        ...(reference.trim() === '' ? {} : { reference: reference.trim() }),
      };
      const { payment, invoice: after } = await pay.mutateAsync({ request, key: keyOf(request) });
      notify(
        after.dueMinor === 0
          ? `${money(payment.amountMinor, currency)} recorded. The invoice is paid.`
          : `${money(payment.amountMinor, currency)} recorded; ${money(after.dueMinor, currency)} still due.`,
      );
      onClose();
    },
  });

  return (
    <FormBody form={form} submitLabel="Record payment" onCancel={onClose}>
      <div className="form-row">
        <TextField label={`Amount (${currency})`} inputMode="decimal" {...form.text('amountMinor')} />
        <TextField label="Paid on" type="date" max={today()} {...form.text('paidOn')} />
      </div>
      <SelectField
        label="Method"
        options={Object.entries(methodLabels).map(([value, label]) => ({ value, label }))}
        {...form.text('method')}
      />
      <TextField
        label="Reference"
        hint="Optional: what stands on the statement."
        {...form.text('reference')}
      />
    </FormBody>
  );
}
