import { compareAll } from './harness.mjs';
import { servers } from './load/servers.mjs';

/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [
  {
    name: 'a readiness probe',
    alternative: '@godaddy/terminus, which asks at every probe',
    roundUs: 40_000,
    prepare: () => servers({ ours: 'healthOurs', theirs: 'healthTerminus', path: '/readyz' }),
  },
];

export default () => compareAll(import.meta.url, pairs);
