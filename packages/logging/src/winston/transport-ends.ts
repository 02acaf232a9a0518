import type { Clock } from '@seaworthy/contracts';
import type winston from 'winston';
import type TransportStream from 'winston-transport';
import { isOver, stateOf } from '../sinks/stream-state.js';
import type { Dispatch } from './dispatch.js';
import { SinkTransport } from './sink-transport.js';

/** One that is removed because it is stuck is closed after this. */
const removalMs = 5_000;

/**
 * winston ends its transports at `end()` and closes one that is removed, whatever still waits in front of them. Here both happen
 * when they have taken it.
 */
export function endWhenTaken(logger: winston.Logger, dispatch: Dispatch, clock: Clock): void {
  const unpipe: (...args: never[]) => unknown = logger.unpipe;
  const own: Record<string, unknown> = {
    unpipe(this: winston.Logger, ...args: never[]) {
      const leaving = logger.transports.filter((each) => args.length === 0 || args[0] === each);
      const children = leaving.filter((each) => Reflect.get(each, 'parent') === logger);
      for (const each of children) Reflect.set(each, 'parent', null); // by which winston-transport knows whom to close
      const result = unpipe.apply(this, args);
      for (const each of children) closeOnceTaken(each);
      return result;
    },
    _final(callback: () => void) {
      dispatch.finish(() => whenStreamIsEmpty(() => endAll(callback)));
    },
  };
  for (const [name, value] of Object.entries(own)) {
    Object.defineProperty(Object.getPrototypeOf(logger), name, { value, writable: true, configurable: true });
  }

  function foreign(): TransportStream[] {
    return logger.transports.filter((each) => !(each instanceof SinkTransport));
  }

  /** With `direct: false` lines are in winston's stream, which loses the last ones when its transports are ended before. */
  function whenStreamIsEmpty(then: () => void): void {
    const waits = foreign().filter((each) => !isOver(each) && (stateOf(each).length ?? 0) > 0);
    const isEmpty = waits.length === 0 && logger.readableLength === 0;
    if (isEmpty || dispatch.isEnded()) then();
    else clock.schedule(() => whenStreamIsEmpty(then), 5);
  }

  /** Sinks take lines, that of a crash too, until everything else is over. */
  function endAll(callback: () => void): void {
    const own = logger.transports.filter((each) => each instanceof SinkTransport);
    finishAll(foreign(), () => {
      dispatch.end();
      finishAll(own, callback);
    });
  }

  function closeOnceTaken(transport: TransportStream): void {
    const isBack = (): boolean => logger.transports.includes(transport);
    // winston removes a transport that reports an error, and adds it again at once.
    const timer = clock.schedule(() => isBack() || dispatch.giveUp(transport), removalMs);
    dispatch.whenTaken(transport, () => {
      timer.cancel();
      if (isBack()) Reflect.set(transport, 'parent', logger);
      else transport.close?.();
    });
  }
}

/** Ends what has not ended yet, and calls back when all have finished. winston's own waits for ever for one that had. */
function finishAll(transports: readonly TransportStream[], callback: () => void): void {
  const open = transports.filter((transport) => !isOver(transport));
  let left = open.length + 1;
  const oneLess = (): void => {
    left -= 1;
    if (left === 0) callback();
  };
  for (const transport of open) {
    transport.once('finish', oneLess);
    transport.end();
  }
  oneLess();
}
