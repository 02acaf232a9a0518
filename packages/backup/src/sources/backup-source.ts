import type { ToolProcess } from '../tools/tool-process.js';

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

/** One connection's worth of access, with its credentials in a private place. */
export interface SourceSession {
  readonly facts: SourceFacts;
  /** Writes the whole database to its standard output as plain SQL. */
  dump(): ToolProcess;
  /**
   * Runs SQL from its standard input and stops at the first error. What goes before and after the dump makes it one
   * transaction where the engine can: without `end`, a cut-off input leaves nothing behind.
   */
  load(): { readonly process: ToolProcess; readonly begin: string; readonly end: string };
  /** Whether nothing that a restore would bring is there yet. */
  isEmpty(signal: AbortSignal): Promise<boolean>;
  /** Takes the credentials away. */
  close(): Promise<void>;
}

/** Something that can be backed up and restored: what `postgres()` and `mysql()` return. */
export interface BackupSource {
  readonly engine: 'postgres' | 'mysql';
  /** `postgres at host:port/database`, for messages. */
  readonly label: string;
  readonly database: string;
  /** Whether these are the last bytes of a complete dump. Only they tell a whole plain dump from a cut-off one. */
  isComplete(tail: Buffer): boolean;
  open(signal: AbortSignal): Promise<SourceSession>;
}
