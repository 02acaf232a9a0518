import type winston from 'winston';
import type TransportStream from 'winston-transport';
import { isOver, stateOf } from '../sinks/stream-state.js';

type Info = winston.Logform.TransformableInfo;

/** Infos on their way to a winston transport that is not ours: one at a time, in order, bounded. */
export interface TransportQueue {
  /** `length` is that of the info's text. */
  push(info: Info, length: number): void;
  /** Whether the transport has taken everything. */
  idle(): boolean;
  /** Calls back once, when the transport has taken everything or nothing waits any more. */
  whenIdle(then: () => void): void;
  /** No line waits any more: those that do are given up and counted. */
  giveUp(): void;
}

export interface TransportTally {
  /** Lines that a transport did not take because it was full, had ended or answered with an error. */
  dropped: number;
  /** Calls that a transport or a format broke by throwing. */
  failed: number;
  /** Calls after `close`. */
  late: number;
}

interface Waiting {
  readonly info: Info;
  readonly length: number;
}

/** What waits in front of one transport; beyond it new lines are dropped and counted. */
const maxLines = 10_000;
/** In UTF-16 units of the lines' text, as the sinks' `maxBuffer`. */
const maxLength = 8 * 1_048_576;

/**
 * A transport gets its next line when it has taken the last. Given several, winston-transport hands them on together and calls
 * them taken, and winston's File loses those when it is ended (seen with 3.19).
 */
export function createTransportQueue(transport: TransportStream, tally: TransportTally): TransportQueue {
  let waiting: Waiting[] = [];
  let next = 0;
  let waitingLength = 0;
  let givenUp = false;
  let listeners: Array<() => void> = [];

  const taken = (): boolean => isOver(transport) || (stateOf(transport).length ?? 0) === 0;
  const idle = (): boolean => next === waiting.length && (givenUp || taken());

  function pump(): void {
    while (next < waiting.length && taken()) {
      const first = waiting[next];
      next += 1;
      if (first === undefined) continue;
      waitingLength -= first.length;
      give(first.info);
    }
    if (next < waiting.length) return;
    waiting = [];
    next = 0;
    tellIdle();
  }

  function tellIdle(): void {
    if (listeners.length === 0 || !idle()) return;
    const told = listeners;
    listeners = [];
    for (const listener of told) {
      try {
        listener();
      } catch {
        tally.failed += 1;
      }
    }
  }

  function give(info: Info): void {
    if (stateOf(transport).ending === true || isOver(transport)) {
      tally.dropped += 1;
      return;
    }
    try {
      transport.write(info, answered); // may be called later than the transport is ready; `taken` knows at once
    } catch {
      tally.failed += 1;
    }
  }

  function answered(error?: Error | null): void {
    if (error) tally.dropped += 1;
    pump();
  }

  return {
    push(info, length) {
      const isFull = waiting.length - next >= maxLines || waitingLength + length > maxLength;
      if (next === waiting.length && taken()) {
        give(info);
      } else if (givenUp || isFull) {
        tally.dropped += 1;
      } else {
        waiting.push({ info, length });
        waitingLength += length;
        pump();
      }
    },
    idle,
    whenIdle(then) {
      listeners.push(then);
      tellIdle();
    },
    giveUp() {
      givenUp = true;
      tally.dropped += waiting.length - next;
      waitingLength = 0;
      next = waiting.length;
      pump();
    },
  };
}
