import type { ProcessLike } from '@seaworthy/contracts';

/** A process that never ends, whose events a test brings about. One listener for each event. */
export function fakeProcess() {
  const listeners = new Map<string, (argument?: unknown) => void>();
  const host: ProcessLike = {
    pid: 1,
    on: (name, listener) => listeners.set(name, (argument) => listener(argument)),
    removeListener: (name) => listeners.delete(name),
    listenerCount: () => 0,
    kill: () => undefined,
    exit: () => undefined,
  };
  return {
    host,
    emit: (name: string, argument?: unknown): void => listeners.get(name)?.(argument),
    listensTo: (name: string): boolean => listeners.has(name),
  };
}
