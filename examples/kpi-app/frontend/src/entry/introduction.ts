import type { Introduction } from '@seaworthy-example/ui';

export const introduction: Introduction = {
  product: 'Headway',
  claim: 'Know how far you have come.',
  points: [
    'Every team’s objectives on one page, with the numbers that prove them.',
    'Check-ins that take a minute and move progress at once.',
    'A trend that shows whether the quarter is going where you planned.',
  ],
};
