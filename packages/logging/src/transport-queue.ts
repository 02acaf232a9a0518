import type winston from 'winston';
import type TransportStream from 'winston-transport';
import { stateOf } from './stream-state.js';

type Info = winston.Logform.TransformableInfo;

/** Infos on their way to a winston transport that is not ours: one at a time, in order, bounded. */
export interface TransportQueue {
  push(info: Info): void;
  /** Whether the transport has taken everything. */
  idle(): boolean;
}

export interface TransportTally {
  /** Lines that a transport did not take because it was full or had ended. */
  dropped: number;
  /** Calls that a transport or a format broke by throwing. */
  failed: number;
  /** Calls after `close`. */
  late: number;
}

/** Lines that wait in front of one transport; beyond it new ones are dropped and counted. */
const bound = 10_000;

/**
 * A transport gets its next line when it has taken the last. Given several, winston-transport hands them on together and calls
 * them taken, and winston's File loses those when it is ended (seen with 3.19).
 */
export function createTransportQueue(transport: TransportStream, tally: TransportTally): TransportQueue {
  let waiting: Info[] = [];
  let next = 0;

  const taken = (): boolean => (stateOf(transport).length ?? 0) === 0;

  function pump(): void {
    while (next < waiting.length && taken()) {
      const info = waiting[next];
      next += 1;
      if (info !== undefined) give(info);
    }
    if (next < waiting.length) return;
    waiting = [];
    next = 0;
  }

  function give(info: Info): void {
    if (stateOf(transport).ending === true) {
      tally.dropped += 1;
      return;
    }
    try {
      transport.write(info, pump); // `pump` may be called later than the transport is ready; `taken` knows at once
    } catch {
      tally.failed += 1;
    }
  }

  return {
    push(info) {
      if (next === waiting.length && taken()) {
        give(info);
      } else if (waiting.length - next < bound) {
        waiting.push(info);
        pump();
      } else {
        tally.dropped += 1;
      }
    },
    idle: () => next === waiting.length && taken(),
  };
}
