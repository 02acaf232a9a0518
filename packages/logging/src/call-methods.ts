import tripleBeam from 'triple-beam';
import type winston from 'winston';

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

/** Arguments for the placeholders of its message, where winston's `splat()` looks for them. */
export function placedIn(info: unknown): readonly unknown[] {
  try {
    const placed: unknown = Reflect.get(Object(info), tripleBeam.SPLAT);
    return Array.isArray(placed) ? [...placed] : [];
  } catch {
    return [];
  }
}
