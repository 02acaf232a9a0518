import type { AuditEvent } from './audit-event.js';
import type { AuditCheckpoint, ChainHead } from './chain.js';

export interface AuditStats {
  /** Records on the disk since this log was opened. */
  readonly written: number;
  readonly waiting: number;
  /** Checkpoints that the anchor did not take. */
  readonly anchorFailures: number;
}

/** An audit trail in files. */
export interface AuditLog {
  /**
   * Resolves when the record is on the disk (fdatasync), with its place in the chain. Records that are written at the same time
   * share one write.
   *
   * @throws AuditError `AUDIT_WRITE_FAILED`, `AUDIT_OVERLOADED`, `AUDIT_CLOSED`, `AUDIT_BROKEN`: the record is not in the log.
   */
  record(event: AuditEvent): Promise<ChainHead>;
  /** Signs what stands there now, and hands it to the anchor. */
  checkpoint(): Promise<AuditCheckpoint>;
  /**
   * Deletes files all of whose records are older, and records that it did.
   *
   * @returns how many files are gone.
   * @throws AuditError `AUDIT_RETENTION` when that is shorter than the retention.
   */
  purge(olderThanDays: number): Promise<number>;
  stats(): AuditStats;
  /** Writes what waits and a last checkpoint, lets go of the folder, and waits up to 5 seconds for the anchors that are under way. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
