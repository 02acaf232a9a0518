import { type HealthView, statusOf } from '../health-view.js';
import type { Describe, Format } from './format.js';
import { statusWords } from './status-words.js';

/**
 * The CRM guide's shape: `{ status, timestamp, uptime, database: "connected", cache: "connected" }`. A remote check is
 * connected or disconnected; a local one has a status word.
 */
export const flat: Format = {
  contentType: 'application/json; charset=utf-8',
  body(view, describe) {
    const status = statusWords[view.status];
    if (view.scope === 'probe' && describe === undefined) return { status };
    return {
      status,
      timestamp: `${new Date(view.nowMs).toISOString().slice(0, 19)}Z`,
      uptime: Math.floor(view.uptimeSeconds),
      ...Object.fromEntries(view.checks.map((check) => [check.name, word(check)])),
      ...(describe === undefined ? {} : { details: details(view, describe) }),
    };
  },
};

function word(check: HealthView['checks'][number]): string {
  const status = statusOf(check);
  if (check.kind === 'local') return statusWords[status];
  return status === 'fail' ? 'disconnected' : 'connected';
}

function details(view: HealthView, describe: Describe): object {
  return {
    phase: view.phase,
    startups: view.startups,
    checks: Object.fromEntries(view.checks.map((check) => [check.name, describe(check)])),
  };
}
