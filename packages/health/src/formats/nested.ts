import { statusOf } from '../health-view.js';
import type { Format } from './format.js';
import { statusWords } from './status-words.js';

/** The KPI guide's shape: `{ status, timestamp, uptime, version, environment, checks: { database: { status: "ok" } } }`. */
export const nested: Format = {
  contentType: 'application/json; charset=utf-8',
  body(view, describe) {
    const status = statusWords[view.status];
    if (view.scope === 'probe' && describe === undefined) return { status };
    const { version, environment, phase, startups } = view;
    return {
      status,
      timestamp: new Date(view.nowMs).toISOString(),
      uptime: view.uptimeSeconds,
      version,
      environment,
      checks: Object.fromEntries(
        view.checks.map((check) => [
          check.name,
          { status: statusWords[statusOf(check)], ...describe?.(check) },
        ]),
      ),
      ...(describe === undefined ? {} : { phase, startups }),
    };
  },
};
