import type { InvoiceStatus } from '@seaworthy-example/crm-api';
import { Badge, type Tone } from '@seaworthy-example/ui';

export const statuses = [
  'draft',
  'sent',
  'partial',
  'overdue',
  'paid',
  'void',
] as const satisfies readonly InvoiceStatus[];

export const statusLabels: Readonly<Record<InvoiceStatus, string>> = {
  draft: 'Draft',
  sent: 'Sent',
  partial: 'Part paid',
  overdue: 'Overdue',
  paid: 'Paid',
  void: 'Void',
};

const tones: Readonly<Record<InvoiceStatus, Tone>> = {
  draft: 'neutral',
  sent: 'accent',
  partial: 'warn',
  overdue: 'bad',
  paid: 'good',
  void: 'neutral',
};

export function StatusBadge({ status }: { readonly status: InvoiceStatus }) {
  return <Badge tone={tones[status]}>{statusLabels[status]}</Badge>;
}
