import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  type BytesInput,
  errorCode,
  invalidOption,
  optionsOf,
  parseBytes,
  type Unregister,
} from '@seaworthy/contracts';
import { LoggingError } from '../logging-error.js';
import { refuseWhereRotated } from './file-lock.js';
import { createLineQueue } from './line-queue.js';
import { type KeepOptions, type RotateOptions, type Rotation, rotationOf } from './rotation-options.js';
import { createRotator } from './rotator.js';
import type { Sink, SinkDefinition, SinkHost } from './sink.js';

export interface FileSinkOptions {
  /** What this file takes, whatever the logger's level is: `'error'` for an error log. @defaultValue the logger's level */
  readonly level?: string;
  /**
   * When lines reach the operating system. `turn`: together, at the end of each turn of the event loop, so that SIGKILL costs
   * at most one turn. `sync`: each before the call returns, so that it costs nothing. @defaultValue 'turn'
   */
  readonly mode?: 'turn' | 'sync';
  /** Lines kept while the disk refuses them; beyond it new lines are dropped and counted. @defaultValue '8mb' */
  readonly maxBuffer?: BytesInput;
  /** Open the file anew on this signal, as logrotate asks for after it renamed the file. @defaultValue none */
  readonly reopenOn?: 'SIGHUP';
  /** Put the file aside when it is full or its day is over; otherwise that is logrotate's work. @defaultValue none */
  readonly rotate?: RotateOptions;
  /** How many files, or for how many days, are kept that were put aside. @defaultValue all, for ever */
  readonly keep?: KeepOptions;
  /** Compress what was put aside. @defaultValue false */
  readonly gzip?: boolean;
  /** Permissions of a file that is created: logs hold personal data. @defaultValue 0o640 */
  readonly permissions?: number;
}

const readOptions = optionsOf<FileSinkOptions>('file', {
  level: true,
  mode: true,
  maxBuffer: true,
  reopenOn: true,
  rotate: true,
  keep: true,
  gzip: true,
  permissions: true,
});

/**
 * Appends JSON lines to a file; folders are created. Several loggers, also in several processes, may append to one file, unless
 * one of them has `rotate`: each write holds whole lines. A full disk costs memory up to `maxBuffer`, then counted lines; when there is room again the file
 * goes on by itself and says how many are missing.
 *
 * @throws OptionsError at once for a wrong option; LoggingError `LOG_FILE_OPEN` from `createLogger` when it
 * cannot be opened, `LOG_FILE_LOCKED` when another process rotates it, or writes to it and this one would rotate it.
 *
 * @example
 * createLogger({ service, environment, sinks: [stdout(), file('logs/error.log', { level: 'error', mode: 'sync' })] });
 */
export function file(path: string, options: FileSinkOptions = {}): SinkDefinition {
  const { level, mode = 'turn', maxBuffer = '8mb', reopenOn, permissions = 0o640 } = readOptions(options);
  if (mode !== 'turn' && mode !== 'sync') throw invalidOption('file', 'mode', '"turn" or "sync"');
  if (reopenOn !== undefined && reopenOn !== 'SIGHUP') throw invalidOption('file', 'reopenOn', '"SIGHUP"');
  const maxLength = parseBytes(maxBuffer);
  const rotation = rotationOf(options.rotate, options.keep, options.gzip);
  const name = `file ${path}`;
  return {
    name,
    level,
    open(host) {
      if (reopenOn !== undefined && host.processEvents === undefined) {
        throw invalidOption('file', 'reopenOn', 'absent when the logger has "process: false"; call reopen()');
      }
      return openFile(name, resolve(path), { mode, maxLength, reopenOn, permissions, rotation }, host);
    },
  };
}

interface FileSettings {
  readonly mode: 'turn' | 'sync';
  readonly maxLength: number;
  readonly reopenOn: 'SIGHUP' | undefined;
  readonly permissions: number;
  readonly rotation: Rotation | undefined;
}

const { O_APPEND, O_CREAT, O_NONBLOCK, O_RDWR } = constants;

/** `a+`, and for a path that is a pipe, which would block the process while nobody reads: as stdout's. */
const appending = O_APPEND | O_CREAT | O_RDWR | O_NONBLOCK;

function openFile(name: string, path: string, settings: FileSettings, host: SinkHost): Sink {
  const { rotation } = settings;
  const rotator =
    rotation === undefined
      ? undefined
      : opening(path, () =>
          createRotator(path, rotation, host.clock, () => openForAppend(path, settings.permissions)),
        );
  const openAgain = (): number =>
    rotator === undefined
      ? openBesideOthers(path, settings.permissions)
      : openForAppend(path, settings.permissions);
  let fd: number | undefined = rotator?.fd ?? openAgain();
  let reopenError: string | undefined;
  const queue = createLineQueue({
    name,
    when: settings.mode === 'sync' ? 'line' : 'turn',
    maxLength: settings.maxLength,
    clock: host.clock,
    droppedNotice: host.droppedNotice,
    write(chunk, offset) {
      if (fd === undefined) return chunk.length - offset;
      if (rotator !== undefined && offset === 0) fd = rotator.fdFor(fd, chunk.length);
      const taken = writeSync(fd, chunk, offset, chunk.length - offset);
      rotator?.wrote(taken);
      return taken;
    },
  });

  function reopen(): void {
    if (fd === undefined) return;
    queue.flushSync(0); // what was logged before the signal belongs to the old file
    try {
      const next = openAgain();
      const old = fd;
      queue.rewindLine();
      fd = next;
      rotator?.opened(next);
      closeSync(old);
      reopenError = undefined;
      queue.flushSync(0);
    } catch (error) {
      reopenError = String(errorCode(error)); // the old file is still better than none
    }
  }

  const unregister: Unregister | undefined =
    settings.reopenOn === undefined ? undefined : host.processEvents?.onSignal(settings.reopenOn, reopen);

  return {
    write: queue.push,
    flushSync: queue.flushSync,
    unsaved: () => queue.stats().buffered,
    flush: queue.flush,
    reopen,
    close() {
      if (fd === undefined) return;
      unregister?.();
      queue.flushSync(0);
      queue.end();
      closeSync(fd);
      fd = undefined;
      rotator?.close();
    },
    stats() {
      const stats = queue.stats();
      const lastError = reopenError ?? rotator?.lastError() ?? stats.lastError;
      return { ...stats, lastError };
    },
  };
}

/** Looked at again with the file open: a rotation that begins now sees this writer, or is seen by it. */
function openBesideOthers(path: string, permissions: number): number {
  refuseWhereRotated(path);
  const fd = openForAppend(path, permissions);
  try {
    refuseWhereRotated(path);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openForAppend(path: string, permissions: number): number {
  return opening(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const fd = openSync(path, appending, permissions);
    if (endsInsideLine(fd)) writeSync(fd, '\n');
    return fd;
  });
}

function opening<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    if (LoggingError.is(cause)) throw cause;
    throw new LoggingError(
      `The log file ${path} cannot be opened for appending. Check that its folder is writable by this user and that it is a file.`,
      { code: 'LOG_FILE_OPEN', cause },
    );
  }
}

/** A process that died while the disk was full leaves half a line, which must not swallow our first. */
function endsInsideLine(fd: number): boolean {
  const status = fstatSync(fd);
  if (!status.isFile() || status.size === 0) return false;
  const last = Buffer.alloc(1);
  return readSync(fd, last, 0, 1, status.size - 1) === 1 && last[0] !== 0x0a;
}
