import type { Readable, Writable } from 'node:stream';
import type { DumpFormat, EngineName } from '../manifest/engine.js';
import type { Contents } from '../manifest/manifest.js';
import type { OutputPipe } from '../tools/output-pipe.js';

/** What a source knows about the system it speaks to. */
export interface SourceFacts {
  /** As the server says it: `15.18`, `10.11.6-MariaDB`. */
  readonly serverVersion: string;
  /** A hash that is equal for two databases of one server, and tells nothing else. */
  readonly system: string;
  readonly database: string;
  /** The program that dumps, with its version. */
  readonly tool: string;
  /** What the backup cannot promise, for people. */
  readonly warnings: readonly string[];
}

/** A dump that runs. */
export interface Dump {
  /** The program, for messages. */
  readonly name: string;
  readonly stdout: Readable;
  /** Resolves when it ended well; rejects with a BackupError otherwise. */
  readonly exited: Promise<void>;
  kill(): void;
  /** What the dump holds, once `exited` has resolved; `undefined` when the source was not asked to count. */
  contents?(): Contents | undefined;
}

/** A restore that waits for its input. */
export interface Load {
  /** The program, for messages. */
  readonly name: string;
  readonly stdin: Writable;
  /** Resolves when it took everything; rejects with a BackupError otherwise. */
  readonly exited: Promise<void>;
  /** What goes in before the dump, and what goes in after it: the words that begin and commit one transaction. */
  readonly begin: string;
  readonly end: string;
  kill(): void;
  /** Gives what arrived its name, after `exited` has resolved. Engines without transactions stage and rename. */
  commit?(): Promise<void>;
  /** Takes back what was staged. Never rejects. */
  discard?(): Promise<void>;
}

/** One connection's worth of access, with its credentials in a private place. */
export interface SourceSession {
  readonly facts: SourceFacts;
  /**
   * Writes the whole database to `stdout`, from one moment where the engine can. A program may write into `output`, whose reader
   * is `stdout` then.
   */
  dump(signal: AbortSignal, output?: OutputPipe): Promise<Dump>;
  /** Takes a dump and stops at the first error. */
  load(signal: AbortSignal): Promise<Load>;
  /** Whether nothing that a restore would bring is there yet. */
  isEmpty(signal: AbortSignal): Promise<boolean>;
  /**
   * Counts, and with `hash` also digests, every table as it is now: what a drill compares with the `contents` of the manifest.
   * Engines without tables have none.
   */
  contents?(level: 'rows' | 'hash', signal: AbortSignal): Promise<Contents>;
  /** Answers one statement as rows of text, NULL as `undefined`: for the invariants of a drill. */
  query?(sql: string, signal: AbortSignal): Promise<ReadonlyArray<readonly (string | undefined)[]>>;
  /** Takes the credentials away. */
  close(): Promise<void>;
}

/** Something that can be backed up and restored: what `postgres()`, `mysql()`, `redis()`, `files()` and `pglite()` return. */
export interface BackupSource {
  readonly engine: EngineName;
  readonly format: DumpFormat;
  /** `postgres at host:port/database`, for messages. */
  readonly label: string;
  /** What `confirm` of a restore must repeat: the database, or the folder. */
  readonly database: string;
  open(signal: AbortSignal): Promise<SourceSession>;
}
