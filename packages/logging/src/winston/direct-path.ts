import type winston from 'winston';
import { levelOf, placedIn, replaceCalls } from './call-methods.js';
import type { Dispatch } from './dispatch.js';

/**
 * Replaces, for this one logger, the methods by which lines enter winston's stream: the level methods, `log` and `write`. What
 * remains is winston's: transports, levels, profiling, events. The stream would copy every info, format lines that no
 * transport wants (winston #2441), and lose what it buffers when the process ends (#228, #1504).
 */
export function takeDirectPath(logger: winston.Logger, dispatch: Dispatch): void {
  replaceCalls(logger, dispatch.send);
  Object.defineProperty(Object.getPrototypeOf(logger), 'write', {
    configurable: true,
    writable: true,
    value(this: winston.Logger | undefined, info: unknown, ...rest: readonly unknown[]) {
      dispatch.send(this ?? logger, levelOf(info), info, placedIn(info));
      const callback = rest.at(-1);
      if (typeof callback === 'function') callback();
      return true;
    },
  });
}
