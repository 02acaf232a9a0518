import { optionsOf, silentLogger, systemClock, wholeNumber } from '@seaworthy/contracts';
import type { ConfigWatch, WatchOptions } from './config-watch.js';
import { type Loader, startLookout } from './lookout.js';

const readOptions = optionsOf<WatchOptions>('watch', {
  env: true,
  cwd: true,
  sources: true,
  timeoutMs: true,
  filePollMs: true,
  remotePollMs: true,
  debounceMs: true,
  logger: true,
  clock: true,
});

const longestMs = 24 * 3_600_000;

/** Loads, and goes on looking. The loader is handed in, so that this module is loaded only by those who watch. */
export function watchConfig(loader: Loader, options: WatchOptions): Promise<ConfigWatch<object>> {
  const {
    filePollMs = 5_000,
    remotePollMs = 60_000,
    debounceMs = 50,
    timeoutMs = 30_000,
    logger = silentLogger,
    clock = systemClock,
    cwd = process.cwd(), // once: a deployment may replace the folder that the process stands in
    ...given
  } = readOptions(options);
  wholeNumber('watch', 'filePollMs', filePollMs, { min: 10, max: longestMs });
  wholeNumber('watch', 'remotePollMs', remotePollMs, { min: 100, max: longestMs });
  wholeNumber('watch', 'debounceMs', debounceMs, { max: 60_000 });
  wholeNumber('watch', 'timeoutMs', timeoutMs, { min: 1, max: longestMs });
  return startLookout({
    loader,
    given: { ...given, cwd },
    filePollMs,
    remotePollMs,
    debounceMs,
    timeoutMs,
    logger,
    clock,
  });
}
