import { optionsOf, silentLogger, systemClock } from '@seaworthy/contracts';
import { durationOption } from '../duration-option.js';
import type { ConfigWatch, WatchOptions } from './config-watch.js';
import { type Loader, startLookout } from './lookout.js';

const readOptions = optionsOf<WatchOptions>('watch', {
  env: true,
  cwd: true,
  sources: true,
  timeout: true,
  filePoll: true,
  remotePoll: true,
  debounce: true,
  logger: true,
  clock: true,
});

const longestMs = 24 * 3_600_000;

/** Loads, and goes on looking. The loader is handed in, so that this module is loaded only by those who watch. */
export function watchConfig(loader: Loader, options: WatchOptions): Promise<ConfigWatch<object>> {
  const {
    filePoll = '5s',
    remotePoll = '1m',
    debounce = '50ms',
    timeout = '30s',
    logger = silentLogger,
    clock = systemClock,
    cwd = process.cwd(), // once: a deployment may replace the folder that the process stands in
    ...given
  } = readOptions(options);
  return startLookout({
    loader,
    given: { ...given, cwd },
    filePollMs: durationOption('watch', 'filePoll', filePoll, { min: 10, max: longestMs }),
    remotePollMs: durationOption('watch', 'remotePoll', remotePoll, { min: 100, max: longestMs }),
    debounceMs: durationOption('watch', 'debounce', debounce, { max: 60_000 }),
    timeoutMs: durationOption('watch', 'timeout', timeout, { min: 1, max: longestMs }),
    logger,
    clock,
  });
}
