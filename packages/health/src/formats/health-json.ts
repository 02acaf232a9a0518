import { type HealthView, statusOf } from '../health-view.js';
import type { CheckDetails, Format } from './format.js';

/**
 * `application/health+json`, draft-inadarei-api-health-check-06: `{ status: "pass", checks: { database: [{ status }] } }`.
 * Anyone gets the words; version, times, figures and causes are details.
 */
export const healthJson: Format = {
  contentType: 'application/health+json',
  body(view, describe) {
    const { status, version } = view;
    if (view.scope === 'probe' && describe === undefined) return { status };
    return {
      status,
      ...(describe === undefined
        ? {}
        : { version, environment: view.environment, phase: view.phase, startups: view.startups }),
      checks: Object.fromEntries(
        view.checks.map((check) => [
          check.name,
          [
            {
              status: statusOf(check),
              ...(describe === undefined ? {} : measurement(check, describe(check))),
            },
          ],
        ]),
      ),
    };
  },
};

/** The draft's own fields first, ours after them. */
function measurement(check: HealthView['checks'][number], details: CheckDetails): object {
  const { checkedAt, durationMs, error, ...own } = details;
  return {
    componentId: check.name,
    ...(durationMs === undefined ? {} : { observedValue: durationMs, observedUnit: 'ms' }),
    ...(checkedAt === undefined ? {} : { time: checkedAt }),
    ...(error === undefined ? {} : { output: error.message, code: error.code }),
    ...own,
  };
}
