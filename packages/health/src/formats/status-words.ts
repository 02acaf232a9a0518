import type { HealthStatus } from '../health-view.js';

/** The words of both guides for `pass`; `error` is what the KPI guide's `status === 'ok'` is not. */
export const statusWords: Readonly<Record<HealthStatus, string>> = {
  pass: 'ok',
  warn: 'degraded',
  fail: 'error',
};
