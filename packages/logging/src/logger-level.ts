import { nearest, OptionsError } from '@seaworthy/contracts';
import type winston from 'winston';

/** @throws OptionsError when `level` is none of `levels`; a logger with an unknown level would be silent. */
export function knownLevel(owner: string, level: unknown, levels: Readonly<Record<string, number>>): string {
  if (typeof level === 'string' && levels[level] !== undefined) return level;
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

function leastSevere(levels: Readonly<Record<string, number>>): string {
  return Object.entries(levels).reduce((least, each) => (each[1] > least[1] ? each : least), ['', -1] as [
    string,
    number,
  ])[0];
}
