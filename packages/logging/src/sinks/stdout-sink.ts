import { writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type BytesInput, errorCode, invalidOption, optionsOf, parseBytes } from '@seaworthy/contracts';
import { createLineQueue, type LineQueue } from './line-queue.js';
import { prettyLine } from './pretty-line.js';
import type { SinkDefinition } from './sink.js';

export interface StdoutSinkOptions {
  /** What stdout takes, whatever the logger's level is. @defaultValue the logger's level */
  readonly level?: string;
  /**
   * Lines for people instead of JSON. `tty`: when stdout is a terminal, which it is in nobody's production.
   * Colours are left out when NO_COLOR is set (https://no-color.org). @defaultValue 'tty'
   */
  readonly pretty?: boolean | 'tty';
  /** Lines kept while the reader is slow; beyond it new lines are dropped and counted. @defaultValue '8mb' */
  readonly maxBuffer?: BytesInput;
}

const readOptions = optionsOf<StdoutSinkOptions>('stdout', { level: true, pretty: true, maxBuffer: true });

const stdoutFd = 1;
const lineFeed = 0x0a;

/**
 * Writes to file descriptor 1: JSON lines, or readable ones on a terminal. A slow reader never blocks the process before it
 * exits; one that has gone costs lines, counted, and not the process.
 *
 * @throws OptionsError for a wrong option.
 *
 * @example
 * createLogger({ service, environment, sinks: [stdout({ pretty: false })] });
 */
export function stdout(options: StdoutSinkOptions = {}): SinkDefinition {
  const { level, pretty = 'tty', maxBuffer = '8mb' } = readOptions(options);
  if (pretty !== 'tty' && typeof pretty !== 'boolean')
    throw invalidOption('stdout', 'pretty', 'true, false or "tty"');
  const maxLength = parseBytes(maxBuffer);
  return {
    name: 'stdout',
    level,
    open(host) {
      stopBlocking();
      const terminal = isatty(stdoutFd);
      const forPeople = pretty === 'tty' ? terminal : pretty;
      const colour = terminal && (process.env.NO_COLOR ?? '') === '';
      const queue = createLineQueue({
        name: 'stdout',
        when: 'turn',
        maxLength,
        clock: host.clock,
        droppedNotice: host.droppedNotice,
        // Not process.stdout: its buffer has no bound, it is lost at exit, and a closed pipe makes it throw.
        write: (chunk, offset) => writeWholeLines(queue, chunk, offset),
      });
      return {
        write: forPeople ? (line) => queue.push(prettyLine(host.readLine(line), colour)) : queue.push,
        flushSync: queue.flushSync,
        unsaved: () => queue.stats().buffered,
        flush: queue.flush,
        reopen: () => undefined,
        close() {
          queue.flushSync(0);
          queue.end();
          if (unfinished === queue) unfinished = 'nobody';
        },
        stats: queue.stats,
      };
    },
  };
}

/**
 * A pipe that a shell has made blocks whoever writes to it while nobody reads. Node takes that away from the descriptor when
 * `process.stdout` is first asked for, which else would be up to what other packages do.
 */
function stopBlocking(): void {
  try {
    Reflect.get(process, 'stdout');
  } catch {
    // It is of no kind that Node knows; writing shows what it is worth.
  }
}

/** Who has written a line in part, because the pipe was full. Another logger's line would tear it. */
let unfinished: LineQueue | 'nobody' | undefined;

function writeWholeLines(queue: LineQueue, chunk: Uint8Array, offset: number): number {
  if (unfinished === 'nobody') {
    writeSync(stdoutFd, '\n'); // whoever began it was closed: the half line goes, and not ours with it
    unfinished = undefined;
  }
  if (unfinished !== queue) unfinished?.flushSync(0);
  if (unfinished !== undefined && unfinished !== queue) {
    throw Object.assign(new Error('another logger has not finished its line'), { code: 'EAGAIN' });
  }
  try {
    const taken = writeSync(stdoutFd, chunk, offset, chunk.length - offset);
    unfinished = chunk[offset + taken - 1] === lineFeed ? undefined : queue;
    return taken;
  } catch (error) {
    if (errorCode(error) !== 'EAGAIN') unfinished = undefined;
    throw error;
  }
}
