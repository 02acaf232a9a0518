export type { Environment, StandardIssue, StandardResult, StandardSchema } from '@seaworthy/contracts';
export type { BudgetSettings } from './budget.js';
export { createDb } from './create-db.js';
export type {
  ConnectOptions,
  Db,
  DbConnection,
  ReadyOptions,
} from './db.js';
export { DbError, type DbErrorDetails, type DbErrorKind, type DbErrorOptions } from './db-error.js';
export type { DbOptions, DeadlineSettings, PoolSettings } from './db-options.js';
export type {
  Driver,
  DriverConnection,
  DriverEndpoint,
  DriverResult,
  DriverRows,
  DriverTarget,
  TransactionState,
} from './driver.js';
export type { DbEvent } from './observe/db-event.js';
export {
  ConnectionFailedError,
  ConnectionTimeoutError,
  PoolExhaustedError,
} from './pool/pool-errors.js';
export type { PoolStats } from './pool/pool-stats.js';
export type { RowReader } from './session/row-reader.js';
export type { ExecResult, QueryOptions, QueryRunner } from './session/runner.js';
export type { StreamOptions } from './session/stream-options.js';
export type { RowStreamer } from './session/stream-rows.js';
export type { DbTransaction, Isolation } from './session/transaction.js';
export type { TransactionOptions, TransactionRetry } from './session/transaction-options.js';
export type { Statement } from './sql/compile.js';
export { Sql, type SqlIdentifier, type SqlJson } from './sql/fragments.js';
export { type SqlTag, sql, type TypedSql } from './sql/sql.js';
export type { Pem, TlsSettings } from './tls.js';
