import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import StartOrder from './tools/vitest/start-order.mjs';

/**
 * Tests read the sources of the packages, so that a stale build cannot pass for the code. vitest hands these to Node as
 * `--conditions`, where `import` or `module` would make require() load the wrong half of dual packages.
 */
const conditions = ['@seaworthy/source', 'node'];

const roots = [
  ...folders('packages'),
  ...folders('examples'),
  ...folders('examples/kpi-app'),
  ...folders('examples/crm-app'),
  'e2e',
];

/**
 * Their modules keep nothing from one test to the next: their test files share them, because reading them anew for each file takes
 * longer than most of the tests. Logging is none of them: Sentry and winston change the process that they are tested in.
 */
const stateless = [
  'packages/contracts',
  'packages/config',
  'packages/health',
  'packages/security',
  'packages/cache',
  'packages/db-pool',
  'packages/backup',
  'packages/service',
  'examples/server',
  'examples/ui',
  'examples/kpi-app/backend',
  'examples/kpi-app/gateway',
  'examples/crm-app/server',
];

export default defineConfig({
  // For the global setup, which is loaded here.
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: roots
      .filter((root) => existsSync(`${root}/test`))
      .map((root) => ({
        root,
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: root.replace('packages/', '').replace('examples/', ''),
          include: ['test/**/*.test.{ts,tsx}'],
          environment: 'node' as const,
          setupFiles: [fileURLToPath(new URL('tools/vitest/fixed-seed.mjs', import.meta.url))],
          pool: 'forks' as const,
          isolate: !stateless.includes(root),
          // No measure of anything: a machine that does much else is no failure, a test that hangs is one all the same.
          testTimeout: 120_000,
          hookTimeout: 300_000,
          expect: { poll: { timeout: 20_000 } },
          restoreMocks: true,
        },
      })),
    globalSetup: ['./packages/testkit/src/vitest-global-setup.ts'],
    maxWorkers: 2,
    sequence: { sequencer: StartOrder },
    passWithNoTests: false,
  },
});

function folders(parent: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}`);
}
