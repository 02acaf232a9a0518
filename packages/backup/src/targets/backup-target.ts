/** What the writer knows about the bytes it wrote: targets that can, compare it with what arrived. */
export interface ObjectDigest {
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** Bytes on their way into a target, under a name that nobody takes for a backup. */
export interface StagedObject {
  /** Resolves when there is room for more. The chunk may be reused afterwards. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * The gate: makes the bytes durable, gives them their name, and rejects when what arrived differs from `expected`.
   * Nothing has the name before. Rejects with `BACKUP_EXISTS` when the name is taken; never replaces anything.
   */
  commit(expected: ObjectDigest): Promise<void>;
  /** Takes everything back, committed or not. Rejects when it cannot be told whether the name is free again. */
  discard(options?: TargetCallOptions): Promise<void>;
}

export interface ObjectFacts {
  readonly bytes: number;
  readonly modifiedAt: Date;
}

export interface TargetCallOptions {
  /** Ends the call, and every attempt at it, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface ReadOptions extends TargetCallOptions {
  /** The first byte, from 0. @defaultValue 0 */
  readonly start?: number;
  /** The byte after the last one. @defaultValue the end */
  readonly end?: number;
}

/**
 * Where backups are kept: write-once objects under keys such as `20260102T030405Z-3f9a/db.sql.zst`. One contract suite runs
 * against every target: `test/targets.test.ts`.
 */
export interface BackupTarget {
  /** For messages. */
  readonly name: string;
  stage(key: string, options: { readonly signal: AbortSignal }): Promise<StagedObject>;
  /** `undefined` when there is no such object. `modifiedAt` is when it came here, whatever it was copied from. */
  head(key: string, options?: TargetCallOptions): Promise<ObjectFacts | undefined>;
  /** The object's bytes, in order. Throws when there is no such object. */
  read(key: string, options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** Every committed key that begins with `prefix`, in no order. @defaultValue all */
  keys(prefix?: string, options?: TargetCallOptions): AsyncIterable<string>;
  /** Removes one object; resolves when it was not there. Rejects with `BACKUP_LOCKED` where retention forbids it. */
  delete(key: string, options?: TargetCallOptions): Promise<void>;
  /** Removes what runs that died left staged. Never rejects. */
  sweep(options?: TargetCallOptions): Promise<void>;
}
