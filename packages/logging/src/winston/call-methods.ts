import tripleBeam from 'triple-beam';
import type winston from 'winston';
import { isError } from '../lines/is-error.js';
import { memberOf } from '../lines/member-of.js';
import { safeCopy } from '../lines/safe-copy.js';
import { spreads } from '../lines/spreads.js';

/** Takes one call. `level` may be none of the logger's. */
export type Send = (
  logger: winston.Logger,
  level: string,
  message: unknown,
  rest: readonly unknown[],
) => void;

/** Replaces the level methods and `log` of this one logger and its children. */
export function replaceCalls(logger: winston.Logger, send: Send): void {
  const own: Record<string, unknown> = {
    log(this: winston.Logger | undefined, first: unknown, ...rest: readonly unknown[]) {
      const self = this ?? logger;
      if (typeof first === 'object' && first !== null) {
        send(self, levelOf(first), first, [...placedIn(first), ...rest]);
      } else send(self, String(first), rest[0], rest.slice(1));
      return self;
    },
  };
  for (const level of Object.keys(logger.levels)) {
    if (level !== 'log') own[level] = levelMethod(level);
  }

  function levelMethod(level: string) {
    return function (this: winston.Logger | undefined, message: unknown, ...rest: readonly unknown[]) {
      const self = this ?? logger; // `const { info } = logger` works in winston too
      send(self, level, message, rest);
      return self;
    };
  }

  // winston makes a class for every logger, so its prototype is this logger's alone.
  const prototype: object = Object.getPrototypeOf(logger);
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

/** The level of what is given to `log` and `write` as one object. */
export function levelOf(info: unknown): string {
  try {
    const object = Object(info);
    return String(Reflect.get(object, tripleBeam.LEVEL) ?? Reflect.get(object, 'level'));
  } catch {
    return 'undefined';
  }
}

/**
 * Arguments for the placeholders of its message, where winston's `splat()` looks for them; without the data that a winston logger has
 * put into the info as well, when it is piped into this one.
 */
export function placedIn(info: unknown): readonly unknown[] {
  const object = Object(info);
  const placed = memberOf(object, tripleBeam.SPLAT);
  try {
    return Array.isArray(placed) ? placed.filter((each) => !isIn(object, each)) : [];
  } catch {
    return ['[unreadable]'];
  }
}

function isIn(info: object, data: unknown): boolean {
  if (typeof data !== 'object' || data === null || isError(data) || !spreads(data)) return false;
  return Object.entries(safeCopy(data)).every(([name, value]) => memberOf(info, name) === value);
}
