import type { Clock, ProcessEvents } from '@seaworthy/contracts';
import type { ReadLine } from '../lines/line-schema.js';

/** What a sink has done so far; lines are counted exactly. */
export interface SinkStats {
  readonly name: string;
  /** Lines that the operating system has taken. */
  readonly written: number;
  /** Lines that were given up: the buffer was full, the reader has gone, or the sink was closed. */
  readonly dropped: number;
  /** Lines that wait. */
  readonly buffered: number;
  /** Bytes that the operating system has taken. */
  readonly bytes: number;
  /** The code of the last failure, `ENOSPC` for example. */
  readonly lastError: string | undefined;
}

/** Where lines go. No method but `flush` and `close` may fail, and `write` must not wait. */
export interface Sink {
  /** Takes one line, which ends in a line feed. */
  write(line: string): void;
  /** Hands everything to the operating system now, waiting `timeoutMs` at most for a slow reader. */
  flushSync(timeoutMs: number): void;
  /** How many lines would be lost with the process now; told on stderr when it ends. */
  unsaved?(): number;
  /** Resolves when everything has been handed over. @throws LoggingError `LOG_FLUSH_INCOMPLETE` at the deadline. */
  flush(timeoutMs: number): Promise<void>;
  /** Opens its file anew under the same name, when it has one. */
  reopen(): void;
  /** Hands over what it can, synchronously, and lets go. A later line counts as dropped. */
  close(): void;
  stats(): SinkStats;
}

/** What a logger gives to the sinks that it opens. */
export interface SinkHost {
  readonly clock: Clock;
  /** `undefined` when the process belongs to somebody else. */
  readonly processEvents: ProcessEvents | undefined;
  /** The line that tells the reader that `count` lines are missing here. */
  droppedNotice(count: number): string;
  /** Logs a line of the sink's own, to all sinks: for a change of its state, never for each line. */
  report(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void;
  /** A finished line taken apart, for sinks that write it differently. */
  readLine(line: string): ReadLine;
}

/** A sink as it is declared. Nothing is opened before a logger is created with it. */
export interface SinkDefinition {
  readonly name: string;
  /** What this sink takes, whatever the logger's level is; the logger's level when absent. */
  readonly level?: string | undefined;
  open(host: SinkHost): Sink;
}
