import type winston from 'winston';
import { safeCopy } from '../lines/safe-copy.js';

/** Lets winston's `profile` and timers, which write into what they are given, write into copies: the original may be frozen. */
export function guardTimers(logger: winston.Logger): void {
  const { profile, startTimer } = logger;
  const own: Record<string, unknown> = {
    profile(this: winston.Logger, id: string | number, ...rest: readonly unknown[]) {
      Object.setPrototypeOf(this.profilers, null); // an id may be called `constructor`
      return Reflect.apply(profile, this, [id, ...rest.map(copied)]);
    },
    startTimer(this: winston.Logger) {
      const timer = startTimer.call(this);
      const { done } = timer;
      timer.done = (...given) => Reflect.apply(done, timer, given.map(copied));
      return timer;
    },
  };
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(Object.getPrototypeOf(logger), name, { value, writable: true, configurable: true });
  }
}

function copied(value: unknown): unknown {
  return typeof value === 'object' ? { ...safeCopy(value ?? {}) } : value;
}
