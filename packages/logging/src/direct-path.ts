import tripleBeam from 'triple-beam';
import type winston from 'winston';
import type { Dispatch } from './dispatch.js';

/**
 * Replaces, for this one logger, the methods by which lines enter winston's stream: the level methods, `log` and `write`. What
 * remains is winston's: transports, levels, children, profiling, events. The stream would copy every info, format lines that no
 * transport wants (winston #2441), and lose what it buffers when the process ends (#228, #1504).
 */
export function takeDirectPath(logger: winston.Logger, dispatch: Dispatch): void {
  const own: Record<string, unknown> = {
    log(this: winston.Logger | undefined, first: unknown, ...rest: readonly unknown[]) {
      const self = this ?? logger;
      if (typeof first === 'object' && first !== null) dispatch.send(self, levelOf(first), first, []);
      else dispatch.send(self, String(first), rest[0], rest.slice(1));
      return self;
    },
    write(this: winston.Logger | undefined, info: unknown, ...rest: readonly unknown[]) {
      if (typeof info === 'object' && info !== null) dispatch.send(this ?? logger, levelOf(info), info, []);
      const callback = rest.at(-1);
      if (typeof callback === 'function') callback();
      return true;
    },
  };
  for (const level of Object.keys(logger.levels)) {
    if (level !== 'log') own[level] = levelMethod(level);
  }

  function levelMethod(level: string) {
    return function (this: winston.Logger | undefined, message: unknown, ...rest: readonly unknown[]) {
      const self = this ?? logger; // `const { info } = logger` works in winston too
      dispatch.send(self, level, message, rest);
      return self;
    };
  }

  // winston makes a class for every logger, so its prototype is this logger's alone.
  const prototype: object = Object.getPrototypeOf(logger);
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  }
}

function levelOf(info: object): string {
  try {
    return String(Reflect.get(info, tripleBeam.LEVEL) ?? Reflect.get(info, 'level'));
  } catch {
    return 'undefined';
  }
}
