import type { Clock, Closable, DurationInput, Logger } from '@seaworthy/contracts';
import type { ConfigError } from '../config-error.js';
import type { LoadAsyncOptions } from '../load.js';

export interface WatchOptions extends Omit<LoadAsyncOptions, 'signal'> {
  /**
   * How often files are read again without any event: some file systems give none (virtiofs, NFS), and
   * the system may have no watches left. @defaultValue '5s'
   */
  readonly filePoll?: DurationInput;
  /** How often remote sources are asked again; each wait is shortened by up to a fifth at random. @defaultValue '1m' */
  readonly remotePoll?: DurationInput;
  /** How long files must be quiet before they are read; under steady change ten times as long at most. @defaultValue '50ms' */
  readonly debounce?: DurationInput;
  /** Told of changes and rejections, by the names of variables. @defaultValue silentLogger */
  readonly logger?: Logger;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

/** One snapshot that replaced another. */
export interface ConfigChange<Values extends object> {
  /** The variables whose text is another now. */
  readonly changed: readonly (keyof Values & string)[];
  readonly previous: Values;
  readonly next: Values;
}

/**
 * A configuration that follows its sources. Every snapshot is complete, valid and immutable; whoever needs two values that
 * belong together takes both from one snapshot.
 */
export interface ConfigWatch<Values extends object> extends Closable {
  /** The newest valid snapshot. */
  readonly current: Values;
  /** Why something newer is not in use; `undefined` when `current` is all there is. */
  readonly rejection: ConfigError | undefined;
  /** After `current` has changed. What a listener throws is an uncaught exception, as anywhere. @returns ends the listening. */
  on(event: 'change', listener: (change: ConfigChange<Values>) => void): () => void;
  /** A newer configuration is invalid or a source fails, and `current` stays. Told once for the same problems. @returns ends the listening. */
  on(event: 'rejected', listener: (error: ConfigError) => void): () => void;
  /** Asks all sources now, remote ones too; resolves when that is done, whatever came of it. */
  refresh(): Promise<void>;
}
