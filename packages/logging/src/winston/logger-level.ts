import { invalidOption, nearest, OptionsError } from '@seaworthy/contracts';
import type winston from 'winston';

type Levels = Readonly<Record<string, number>>;

/** A level's rank, or `undefined` when it is none; what an object inherits, such as `constructor`, has no rank. */
export function rankOf(levels: Levels, level: string): number | undefined {
  const rank: unknown = levels[level];
  return typeof rank === 'number' ? rank : undefined;
}

/** At which level a call is written whose own is none. */
export function levelInstead(levels: Levels): string | undefined {
  return rankOf(levels, 'warn') === undefined ? Object.keys(levels)[0] : 'warn';
}

/** @throws OptionsError when `level` is none of `levels`; a logger with an unknown level would be silent. */
export function knownLevel(owner: string, level: unknown, levels: Levels): string {
  if (typeof level === 'string' && Object.hasOwn(levels, level)) return level;
  const names = Object.keys(levels);
  const meant = typeof level === 'string' ? nearest(level, names) : undefined;
  const advice = meant === undefined ? `one of ${names.join(', ')}` : `a known one; did you mean "${meant}"?`;
  throw new OptionsError(`${owner}: the level must be ${advice}`, { code: 'INVALID_OPTION' });
}

/**
 * Makes `logger.level = …` refuse a name that is no level. The change takes effect at once and reaches all children; a child
 * may have a level of its own.
 */
export function guardLevel(logger: winston.Logger): void {
  let current = logger.level;
  Object.defineProperty(logger, 'level', {
    enumerable: true,
    configurable: true,
    get: () => current,
    set(this: winston.Logger, level: unknown) {
      const known = knownLevel('logger.level', level, logger.levels);
      if (this === logger) current = known;
      else {
        Object.defineProperty(this, 'level', {
          value: known,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
    },
  });
}

/**
 * Makes `configure` refuse what would leave the logger without transports, before any of them goes; and keep the level where
 * winston's default, `info`, is none.
 */
export function guardConfigure(logger: winston.Logger): void {
  const { configure } = logger;
  Object.defineProperty(Object.getPrototypeOf(logger), 'configure', {
    configurable: true,
    writable: true,
    value(this: winston.Logger, options: winston.LoggerOptions = {}) {
      const levels = options.levels ?? logger.levels;
      const level = options.level ?? (Object.hasOwn(levels, 'info') ? 'info' : logger.level);
      knownLevel('logger.configure', level, levels);
      const { transports = [] } = options;
      for (const transport of [transports].flat()) {
        if (typeof transport?.log !== 'function') {
          throw invalidOption('logger.configure', 'transports', 'winston transports');
        }
      }
      configure.call(this, { ...options, level });
    },
  });
}

/** A handler that makes everything be logged down to `debug`, and next time as before. */
export function debugSwitch(logger: winston.Logger): () => void {
  let before: string | undefined;
  return () => {
    if (before === undefined) {
      before = logger.level;
      logger.level = 'debug' in logger.levels ? 'debug' : leastSevere(logger.levels);
    } else {
      logger.level = before;
      before = undefined;
    }
  };
}

function leastSevere(levels: Levels): string {
  return Object.entries(levels).reduce((least, each) => (each[1] > least[1] ? each : least), ['', -1] as [
    string,
    number,
  ])[0];
}
