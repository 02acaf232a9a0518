import type { PoolObserver } from '../../src/pool/pool-observer.js';

const nothing = (): void => undefined;

export const silentObserver: PoolObserver = {
  acquired: nothing,
  released: nothing,
  gaveUp: nothing,
  connected: nothing,
  wentDown: nothing,
  cameBack: nothing,
  changed: nothing,
};
