import type { ObjectiveStatus } from '@seaworthy-example/kpi-api';
import { Badge, type Tone } from '@seaworthy-example/ui';

export const statusLabels: Readonly<Record<ObjectiveStatus, string>> = {
  draft: 'Draft',
  active: 'Active',
  done: 'Done',
  archived: 'Archived',
};

export const statuses = ['draft', 'active', 'done', 'archived'] as const satisfies readonly ObjectiveStatus[];

const tones: Readonly<Record<ObjectiveStatus, Tone>> = {
  draft: 'warn',
  active: 'accent',
  done: 'good',
  archived: 'neutral',
};

export function StatusBadge({ status }: { readonly status: ObjectiveStatus }) {
  return <Badge tone={tones[status]}>{statusLabels[status]}</Badge>;
}
