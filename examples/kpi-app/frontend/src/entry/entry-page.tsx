import { EntryLayout } from '@seaworthy-example/ui';
import type { ReactNode } from 'react';

const points = [
  'Every team’s objectives on one page, with the numbers that prove them.',
  'Check-ins that take a minute and move progress at once.',
  'A trend that shows whether the quarter is going where you planned.',
];

/** What login and register have in common. */
export function EntryPage({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <EntryLayout product="Headway" title={title} claim="Know how far you have come." points={points}>
      {children}
    </EntryLayout>
  );
}
