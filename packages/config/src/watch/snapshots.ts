import type { Logger } from '@seaworthy/contracts';
import type { ConfigError } from '../config-error.js';
import type { LoadResult } from '../load.js';
import type { ConfigChange } from './config-watch.js';

/** Which look found something: each kind tells its own problems once. */
export type LookKind = 'files' | 'remote';

/** The newest valid snapshot, and who wants to hear of another. */
export interface Snapshots {
  readonly current: object;
  readonly rejection: ConfigError | undefined;
  /** The first, or one that replaces the last when any text differs. */
  accept(result: LoadResult, kind: LookKind): void;
  reject(error: ConfigError, kind: LookKind): void;
  /** Whether the last look of this kind was rejected. */
  rejects(kind: LookKind): boolean;
  readonly onChange: Set<(change: ConfigChange<object>) => void>;
  readonly onRejected: Set<(error: ConfigError) => void>;
}

export function createSnapshots(first: LoadResult, logger: Logger): Snapshots {
  let newest = first;
  const rejections = new Map<LookKind, ConfigError>();
  const onChange = new Set<(change: ConfigChange<object>) => void>();
  const onRejected = new Set<(error: ConfigError) => void>();

  return {
    onChange,
    onRejected,
    get current() {
      return newest.values;
    },
    get rejection() {
      return rejections.get('files') ?? rejections.get('remote');
    },
    rejects: (kind) => rejections.has(kind),
    accept(result, kind) {
      rejections.delete(kind);
      if (kind === 'remote') rejections.delete('files'); // it read them too
      const changed = differences(newest, result);
      if (changed.length === 0) return;
      const previous = newest.values;
      newest = result;
      logger.info('configuration changed', { changed });
      tell(onChange, Object.freeze({ changed, previous, next: result.values }));
    },
    reject(error, kind) {
      const known = rejections.get(kind);
      rejections.set(kind, error);
      if (known !== undefined && JSON.stringify(known.problems) === JSON.stringify(error.problems)) return;
      logger.warn('configuration rejected, the last valid one stays', { problems: error.problems });
      tell(onRejected, error);
    },
  };
}

/** The variables whose text is another. Texts are compared, because two secrets look the same from outside. */
function differences(previous: LoadResult, next: LoadResult): readonly never[] {
  const names = next.origins
    .map(({ name }) => name)
    .filter(
      (name) =>
        previous.texts.get(name) !== next.texts.get(name) ||
        (next.profile.name !== previous.profile.name && previous.texts.get(name) === undefined),
    );
  return Object.freeze(names) as readonly never[];
}

/** All of them, whatever one throws; what is thrown surfaces where the process handles uncaught exceptions. */
function tell<T>(listeners: ReadonlySet<(told: T) => void>, told: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(told);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
