import type { AuditCheckpoint, ChainHead } from './chain.js';

/** What is kept of a checkpoint elsewhere. */
export type AuditAnchor = Pick<AuditCheckpoint, 'log' | 'seq' | 'hash'> &
  Partial<Pick<AuditCheckpoint, 'at'>>;

/** What is wrong with a record. */
export type AuditFault =
  /** Its text is not what its hash was made of, or the record before is not the one that it followed. */
  | 'hash'
  /** Its number is not the next. */
  | 'sequence'
  /** It is no record at all. */
  | 'format'
  /** A checkpoint or a purge that nobody with a known key signed, for this log. */
  | 'signature'
  /** From here on more records than `maxUnsigned` stand without a checkpoint, or it is a beginning that has none. */
  | 'unsigned'
  /** The log no longer reaches what an anchor saw, or was closed and does not end with a checkpoint. */
  | 'truncated'
  /** An anchor saw another record here, or one that was too young to be purged. */
  | 'anchor'
  /** This record and those before are missing, and no purge says so. */
  | 'beginning';

export type AuditVerdict =
  | {
      readonly ok: true;
      readonly records: number;
      readonly head: ChainHead;
      /**
       * Records behind the last checkpoint. `ok` does not speak of them: who can write there could have made them. A log that is
       * written to has some, for a minute; one that was closed has none.
       */
      readonly unsigned: number;
    }
  /** `seq` is the first bad record. */
  | { readonly ok: false; readonly seq: number; readonly reason: AuditFault };
