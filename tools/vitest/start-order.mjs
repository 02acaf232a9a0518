import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BaseSequencer } from 'vitest/node';
import { root } from '../lib/workspace.mjs';

/**
 * The files that take longest, as a full run measured them. They start first: one that starts last is waited for by workers that
 * have nothing left. Those that compute stand between those that wait for servers and deadlines, so that few of them meet.
 */
const first = [
  'e2e/test/tarballs.test.ts',
  'packages/health/test/rollout.test.ts',
  'packages/db-pool/test/outages.test.ts',
  'e2e/test/attacks.test.ts',
  'packages/security/test/session-outage.test.ts',
  'e2e/test/getting-started.test.ts',
  'examples/kpi-app/frontend/test/browser.test.ts',
  'packages/security/test/redis-outage.test.ts',
  'examples/kpi-app/backend/test/backups.test.ts',
  'e2e/test/node-matrix.test.ts',
  'packages/health/test/server-drain.test.ts',
  'examples/kpi-app/backend/test/environments.test.ts',
  'examples/crm-app/frontend/test/browser.test.ts',
  'packages/backup/test/faults.test.ts',
  'packages/testkit/test/left-behind.test.ts',
  'e2e/test/journeys.test.ts',
  'packages/db-pool/test/faults.test.ts',
  'packages/service/test/process.test.ts',
  'packages/logging/test/sentry-server.test.ts',
  'packages/testkit/test/docker.test.ts',
  'packages/backup/test/s3-target.test.ts',
  'examples/kpi-app/backend/test/api.test.ts',
  'packages/testkit/test/run.test.ts',
  'examples/crm-app/server/test/backups.test.ts',
  'e2e/test/start.test.ts',
  'packages/health/test/process.test.ts',
  'e2e/test/bad-start.test.ts',
];

/** Starts the longest test files first, then the projects one after the other, those whose files share modules at the end. */
export default class StartOrder extends BaseSequencer {
  /**
   * @override
   * @param {import('vitest/node').TestSpecification[]} specifications
   */
  async sort(specifications) {
    const missing = first.filter((file) => !existsSync(join(root, file)));
    if (missing.length > 0) throw new Error(`tools/vitest/start-order.mjs names no file: ${missing.join()}`);
    const sorted = await super.sort(specifications);
    // Stable: within a place, the order of vitest itself.
    return sorted.sort((one, other) => place(one) - place(other));
  }
}

/** @param {import('vitest/node').TestSpecification} specification */
function place({ moduleId, project }) {
  const listed = first.indexOf(relative(root, moduleId));
  if (listed !== -1) return listed;
  return first.length + (project.config.isolate ? 0 : 1);
}
