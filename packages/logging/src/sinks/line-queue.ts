import { type Clock, errorCode, sleep, type Timer } from '@seaworthy/contracts';
import { flatText } from '../lines/flat-text.js';
import { LoggingError } from '../logging-error.js';
import type { SinkStats } from './sink.js';

export interface LineQueueOptions {
  readonly name: string;
  /** Writes from `offset` on and returns how many bytes were taken; throws the system's error. */
  write(chunk: Uint8Array, offset: number): number;
  /** `turn`: once at the end of each turn of the event loop. `line`: before `push` returns. */
  readonly when: 'turn' | 'line';
  /** Text that may wait, in UTF-16 units, before new lines are dropped. */
  readonly maxLength: number;
  readonly clock: Clock;
  droppedNotice(count: number): string;
}

/** Lines on their way to a file descriptor: batched, bounded, in order, each written whole or counted as dropped. */
export interface LineQueue {
  push(line: string): void;
  flushSync(timeoutMs: number): void;
  flush(timeoutMs: number): Promise<void>;
  /** Before the descriptor changes: a line that was written in part begins again, so that the new file holds it whole. */
  rewindLine(): void;
  /** No further line is taken, and what still waits is given up. */
  end(): void;
  stats(): SinkStats;
}

/** A turn that logs more than this is written in several parts, which keeps the buffer small. */
const chunkLength = 65_536;

/** A pipe whose reader is slow is asked again after this; a pipe holds 64 KiB, so this passes 12 MB/s. */
const pipeRetryMs = 5;

/** A disk that is full or failing is asked again after this. */
const failureRetryMs = 1_000;

export function createLineQueue(options: LineQueueOptions): LineQueue {
  const { name, write, when, maxLength, clock, droppedNotice } = options;
  let waiting = '';
  let waitingLines = 0;
  let chunk: Buffer | undefined;
  let chunkLines = 0;
  let offset = 0;
  let scheduled: NodeJS.Immediate | undefined;
  let retry: Timer | undefined;
  let blocked: 'no' | 'slow' | 'failing' | 'gone' = 'no';
  let written = 0;
  let dropped = 0;
  let untold = 0;
  let bytes = 0;
  let lastError: string | undefined;

  /** Lines of the chunk that are not out whole. */
  function chunkLeft(): number {
    let lines = 0;
    const from = chunk?.indexOf(0x0a, offset) ?? -1;
    for (let at = from; at !== -1; at = chunk?.indexOf(0x0a, at + 1) ?? -1) lines += 1;
    return lines;
  }

  function buffered(): number {
    return chunkLeft() + waitingLines;
  }

  function push(line: string): void {
    const length = waiting.length + (chunk === undefined ? 0 : chunk.length - offset);
    if (blocked === 'gone' || length + line.length > maxLength) {
      dropped += 1;
      untold += 1;
      return;
    }
    waiting += blocked === 'no' ? line : flatText(line); // it will stay for a while
    waitingLines += 1;
    if (when === 'line') drain();
    else if (blocked !== 'no') return;
    else if (waiting.length >= chunkLength) drain();
    else scheduled ??= setImmediate(onTurn);
  }

  function onTurn(): void {
    scheduled = undefined;
    if (blocked === 'no') drain();
  }

  /** Writes until nothing waits or the descriptor refuses; says whether nothing waits. */
  function drain(): boolean {
    while (blocked !== 'gone' && (chunk !== undefined || waiting !== '')) {
      if (chunk === undefined) {
        chunk = encoded(waiting);
        chunkLines = waitingLines;
        offset = 0;
        waiting = '';
        waitingLines = 0;
      }
      try {
        writing += 1;
        const taken = write(chunk, offset);
        offset += taken;
        bytes += taken;
      } catch (error) {
        if (chunk.buffer === scratch?.buffer) chunk = Buffer.from(chunk); // others will use the scratch
        refused(codeOf(error));
        return false;
      } finally {
        writing -= 1;
      }
      if (offset < chunk.length) continue;
      written += chunkLines;
      chunk = undefined;
      chunkLines = 0;
      blocked = 'no';
      tellDropped();
    }
    return true;
  }

  function tellDropped(): void {
    if (untold === 0) return;
    waiting += droppedNotice(untold);
    waitingLines += 1;
    untold = 0;
  }

  function refused(code: string): void {
    if (code === 'EPIPE') {
      giveUp();
      lastError = code;
      return;
    }
    blocked = code === 'EAGAIN' ? 'slow' : 'failing';
    if (blocked === 'failing') lastError = code;
    retry?.cancel();
    // Not kept alive: a process that has nothing else to do comes to its exit, which flushes.
    retry = clock.schedule(drain, blocked === 'slow' ? pipeRetryMs : failureRetryMs);
  }

  function giveUp(): void {
    written += chunkLines - chunkLeft();
    dropped += buffered();
    waiting = '';
    waitingLines = 0;
    chunk = undefined;
    chunkLines = 0;
    blocked = 'gone';
  }

  return {
    push,
    flushSync(timeoutMs) {
      const giveUpAt = clock.monotonic() + timeoutMs;
      while (!drain() && blocked === 'slow' && clock.monotonic() < giveUpAt) pause(pipeRetryMs);
    },
    async flush(timeoutMs) {
      const giveUpAt = clock.monotonic() + timeoutMs;
      while (!drain()) {
        const restMs = giveUpAt - clock.monotonic();
        if (blocked === 'gone') return;
        if (restMs <= 0) throw incomplete();
        await sleep(clock, Math.min(restMs, blocked === 'slow' ? pipeRetryMs : 50));
      }
    },
    rewindLine() {
      if (chunk !== undefined && offset > 0) offset = chunk.lastIndexOf(0x0a, offset - 1) + 1;
    },
    end() {
      if (scheduled !== undefined) clearImmediate(scheduled);
      retry?.cancel();
      giveUp();
    },
    stats() {
      const left = chunkLeft();
      return {
        name,
        written: written + chunkLines - left,
        dropped,
        buffered: left + waitingLines,
        bytes,
        lastError,
      };
    },
  };

  function incomplete(): LoggingError {
    return new LoggingError(
      `${name}: ${buffered()} lines are still waiting (${lastError ?? 'the reader is slow'}). Free the disk or read the pipe; they are kept while the process runs.`,
      { code: 'LOG_FLUSH_INCOMPLETE' },
    );
  }
}

/** One for all queues, because each is done with it before it returns. A new buffer for each chunk costs more than the text. */
let scratch: Buffer | undefined;

/** Calls of `write` under way. One in another, for a line that must be finished first, finds the scratch taken. */
let writing = 0;
const scratchLength = 4 * chunkLength;

function encoded(text: string): Buffer {
  if (writing > 0 || text.length * 3 > scratchLength) return Buffer.from(text);
  scratch ??= Buffer.allocUnsafeSlow(scratchLength);
  return scratch.subarray(0, scratch.write(text));
}

/** Blocks the thread: only for an exit, after which no timer fires. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function codeOf(error: unknown): string {
  const code = errorCode(error);
  return typeof code === 'string' ? code : 'UNKNOWN';
}
