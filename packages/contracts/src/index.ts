export {
  type Backoff,
  type ExponentialBackoffOptions,
  exponentialBackoff,
  linearBackoff,
} from './backoff.js';
export { type BytesInput, formatBytes, parseBytes } from './bytes.js';
export { isCertificateError } from './certificate-error.js';
export { type Clock, sleep, systemClock, type Timer, type TimerOptions } from './clock.js';
export type { Closable } from './closable.js';
export { DeadlineError, type DeadlineOptions, scheduleGivingUp, withDeadline } from './deadline.js';
export { type DurationInput, formatDuration, parseDuration } from './duration.js';
export { type Environment, readEnvironment } from './environment.js';
export { SeaworthyError, type SeaworthyErrorOptions } from './error.js';
export { errorCode } from './error-code.js';
export type { CheckKind, Degraded, HealthCheck, Probe } from './health-check.js';
export { isLocalHost } from './local-host.js';
export { type LogFields, type Logger, type LogMethod, silentLogger } from './logger.js';
export {
  type Counter,
  type Gauge,
  type Histogram,
  type HistogramSpec,
  type MetricLabels,
  type MetricSpec,
  type Metrics,
  silentMetrics,
} from './metrics.js';
export { nearest } from './nearest.js';
export { invalidOption, type OptionNames, OptionsError, optionsOf, wholeNumber } from './options.js';
export { positiveDuration } from './positive-duration.js';
export { printToStderr } from './print-to-stderr.js';
export {
  type CrashCause,
  type CrashHandler,
  createProcessEvents,
  type OnShutdownOptions,
  type ProcessEvents,
  type ProcessEventsOptions,
  type ProcessLike,
  processEvents,
  type ShutdownCause,
  type ShutdownHandler,
  type Unregister,
} from './process-events.js';
export { type LockOwner, lockForProcess, type ProcessLock, type ProcessLockOptions } from './process-lock.js';
export { type Protection, type ProtectionFix, protectionOf, requireProtection } from './protection.js';
export type { Redactor } from './redactor.js';
export type { RedisCommands } from './redis-commands.js';
export type { RequestView } from './request-view.js';
export { Secret } from './secret.js';
export type { SqlDialect, SqlExecuteOptions, SqlExecutor, SqlQuery, SqlResult } from './sql-executor.js';
export {
  isStandardSchema,
  type SchemaInput,
  type SchemaOutput,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
} from './standard-schema.js';
export { urlOf } from './url-of.js';
