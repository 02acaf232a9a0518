import { startPostgres } from '@seaworthy/testkit/servers';
import { compareAll } from './harness.mjs';
import { servers } from './load/servers.mjs';

/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [
  {
    name: 'a readiness probe over PostgreSQL',
    alternative: '@godaddy/terminus, which asks at every probe',
    roundUs: 30_000,
    warmUpUs: 1_000_000,
    prepare: (context) => servers({ ours: 'healthOurs', theirs: 'healthTerminus', path: '/readyz', context }),
  },
];

export default async function* measure() {
  const server = await startPostgres();
  try {
    yield* compareAll(import.meta.url, pairs, { postgres: server.url });
  } finally {
    await server.close();
  }
}
