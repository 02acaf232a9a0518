import { setMaxListeners } from 'node:events';

const raised = new WeakSet<AbortSignal>();

/**
 * Calls `listener` when `signal` aborts. A request has one signal for all that it asks at once, and Node 20 calls more than ten
 * listeners a leak; each of ours is taken off when its call ends.
 */
export function onAbort(signal: AbortSignal, listener: () => void): void {
  if (!raised.has(signal) && signal instanceof EventTarget) {
    raised.add(signal);
    setMaxListeners(0, signal);
  }
  signal.addEventListener('abort', listener, { once: true });
}
