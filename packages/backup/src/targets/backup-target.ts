/**
 * Bytes on their way into a target, under a name that nobody takes for a backup.
 */
export interface StagedObject {
  write(chunk: Uint8Array): Promise<void>;
  /** Makes the bytes durable and gives them their name. Rejects with `BACKUP_EXISTS` when the name is taken. */
  commit(): Promise<void>;
  /** Takes everything back, committed or not. Never rejects. */
  discard(): Promise<void>;
}

/** Where backups are kept: write-once objects under keys such as `20260102T030405Z-3f9a/db.sql.zst`. */
export interface BackupTarget {
  /** For messages. */
  readonly name: string;
  stage(key: string): Promise<StagedObject>;
  exists(key: string): Promise<boolean>;
  /** `undefined` when there is no such object. */
  size(key: string): Promise<number | undefined>;
  /** The object's bytes, in order. */
  read(key: string): AsyncIterable<Uint8Array>;
  /** Every committed key, in no order. */
  keys(): AsyncIterable<string>;
  /** Removes what runs that died long ago left staged. Never rejects. */
  sweep(): Promise<void>;
}
