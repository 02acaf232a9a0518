import { type Clock, invalidOption, type Logger, type Timer } from '@seaworthy/contracts';
import { ConfigError } from '../config-error.js';
import type { FetchOptions, RemoteReadings } from '../fetch-remote.js';
import type { LoadAsyncOptions, LoadPlan, LoadResult } from '../load.js';
import type { RecordedReader } from '../sources/file-reader.js';
import { isRemote } from '../sources/source.js';
import type { ConfigWatch } from './config-watch.js';
import { createFileWatcher } from './file-watcher.js';
import { createSnapshots, type LookKind } from './snapshots.js';

/** How a configuration is loaded, in the steps that watching repeats one by one. */
export interface Loader {
  plan(options: Pick<LoadAsyncOptions, 'env' | 'cwd' | 'sources'>): LoadPlan;
  fetch(plan: LoadPlan, options: FetchOptions): Promise<RemoteReadings>;
  load(plan: LoadPlan, remote: RemoteReadings, onFiles: (files: RecordedReader) => void): LoadResult;
}

export interface LookoutOptions {
  readonly loader: Loader;
  readonly given: Pick<LoadAsyncOptions, 'env' | 'cwd' | 'sources'>;
  readonly filePollMs: number;
  readonly remotePollMs: number;
  readonly debounceMs: number;
  readonly timeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A volume that changes more often than this while it is looked at is looked at again by the next event or poll. */
const mostLooks = 5;

/** A source that wants to be asked at once, always, is asked this often. */
const shortestRemoteMs = 1_000;

/** Loads once, then looks again whenever files change, and from time to time in any case. */
export async function startLookout(options: LookoutOptions): Promise<ConfigWatch<object>> {
  const { loader, given, filePollMs, remotePollMs, debounceMs, timeoutMs, logger, clock } = options;
  const ending = new AbortController();
  let files: RecordedReader | undefined;
  let accepted: RemoteReadings = new Map();

  let quietTimer: Timer | undefined;
  let eventsSince: number | undefined;
  let fetching: Promise<void> | undefined;
  let queued: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  const watcher = createFileWatcher(onFileEvent);
  const first = await loadFirst().catch((error) => {
    watcher.close();
    throw error;
  });
  const snapshots = createSnapshots(first, logger);
  let fileTimer = clock.schedule(onFilePoll, filePollMs);
  let remoteTimer = scheduleRemote(accepted);

  async function loadFirst(): Promise<LoadResult> {
    const plan = loader.plan(given);
    accepted = await loader.fetch(plan, { timeoutMs, clock });
    return loadAndArm(accepted);
  }

  /** The folders are watched before they are read, so that what changes afterwards is an event. */
  function loadAndArm(remote: RemoteReadings): LoadResult {
    const plan = loader.plan(given);
    if (files !== undefined) arm(files);
    for (let looks = 1; ; looks += 1) {
      const before = files;
      let failure: unknown;
      let result: LoadResult | undefined;
      try {
        result = loader.load(plan, remote, (read) => {
          files = read;
        });
      } catch (error) {
        failure = error;
      }
      // A first look, or a variable that names another file now: those were not watched while they were read.
      const unwatched = files !== undefined && !covers(before, files);
      if (unwatched && files !== undefined) arm(files);
      if (unwatched && looks < mostLooks) continue;
      if (result === undefined) throw failure;
      return result;
    }
  }

  function arm({ asked, listed }: RecordedReader): void {
    watcher.arm({ files: asked, folders: listed });
  }

  /** Takes what `remote` and the files give now, or says why not. */
  function look(kind: LookKind, remote: RemoteReadings): void {
    if (ending.signal.aborted) return;
    try {
      const result = loadAndArm(remote);
      accepted = remote;
      snapshots.accept(result, kind);
    } catch (error) {
      if (!ConfigError.is(error)) throw error;
      if (kind === 'remote') look('files', accepted);
      // A fault of the files is told as theirs, or it would outlive their mending until the next remote look.
      if (kind === 'files' || !snapshots.rejects('files')) snapshots.reject(error, kind);
    }
  }

  function onFileEvent(): void {
    if (ending.signal.aborted) return;
    const now = clock.monotonic();
    eventsSince ??= now;
    const waitMs = Math.min(debounceMs, eventsSince + 10 * debounceMs - now);
    quietTimer?.cancel();
    quietTimer = clock.schedule(() => {
      eventsSince = undefined;
      look('files', accepted);
    }, waitMs);
  }

  function onFilePoll(): void {
    fileTimer = clock.schedule(onFilePoll, filePollMs);
    look('files', accepted);
  }

  function scheduleRemote(readings: RemoteReadings): Timer | undefined {
    if (!loader.plan(given).sources.some(isRemote)) return undefined;
    // A source may be anybody's code: NaN would be a timer that is always due.
    const wanted = [...readings.values()].map(({ refreshWithinMs: ms = remotePollMs }) =>
      Number.isFinite(ms) && ms >= 0 ? ms : remotePollMs,
    );
    const longest = Math.max(shortestRemoteMs, Math.min(remotePollMs, ...wanted));
    return clock.schedule(
      () => void lookRemote(),
      Math.min(longest, remotePollMs) * (0.8 + 0.2 * Math.random()),
    );
  }

  /** One at a time; whoever asks meanwhile shares the one after. */
  function lookRemote(): Promise<void> {
    if (fetching === undefined) {
      fetching = fetchAndLook().finally(() => {
        fetching = undefined;
      });
      return fetching;
    }
    queued ??= fetching.then(() => {
      queued = undefined;
      return lookRemote();
    });
    return queued;
  }

  async function fetchAndLook(): Promise<void> {
    if (ending.signal.aborted) return;
    remoteTimer?.cancel();
    try {
      const readings = await loader.fetch(loader.plan(given), { timeoutMs, clock, signal: ending.signal });
      remoteTimer = ending.signal.aborted ? undefined : scheduleRemote(readings);
      look('remote', readings);
    } catch (error) {
      if (!ending.signal.aborted) throw error;
    }
  }

  async function end(): Promise<void> {
    ending.abort(new Error('The watch was closed.'));
    for (const timer of [quietTimer, fileTimer, remoteTimer]) timer?.cancel();
    watcher.close();
    await (queued ?? fetching);
  }
  function close(): Promise<void> {
    closed ??= end();
    return closed;
  }

  return {
    get current() {
      return snapshots.current;
    },
    get rejection() {
      return snapshots.rejection;
    },
    on(event: 'change' | 'rejected', listener: (told: never) => void) {
      const listeners = { change: snapshots.onChange, rejected: snapshots.onRejected }[event];
      if (listeners === undefined) throw invalidOption('watch', 'on', "'change' or 'rejected'");
      return subscribe<never>(listeners, listener);
    },
    refresh: lookRemote,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Whether everything that `after` read was read by `before` too, and so watched meanwhile. */
function covers(before: RecordedReader | undefined, after: RecordedReader): boolean {
  if (before === undefined) return false;
  return (
    [...after.asked].every((path) => before.asked.has(path)) &&
    [...after.listed].every((path) => before.listed.has(path))
  );
}

function subscribe<T>(listeners: Set<(told: T) => void>, listener: (told: T) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
