import { type Clock, withDeadline } from '@seaworthy/contracts';

export interface StartupSnapshot {
  readonly name: string;
  readonly status: 'running' | 'done' | 'failed';
}

/** What must be done before the service may be asked anything. */
export interface StartupGate {
  run<T>(name: string, work: (signal: AbortSignal) => PromiseLike<T> | T, timeoutMs: number): Promise<T>;
  /** Whether everything that was begun is done. */
  open(): boolean;
  snapshot(): readonly StartupSnapshot[];
}

export function createStartupGate(clock: Clock): StartupGate {
  const startups = new Set<{ readonly name: string; status: StartupSnapshot['status'] }>();
  return {
    async run(name, work, timeoutMs) {
      const startup: { readonly name: string; status: StartupSnapshot['status'] } = {
        name,
        status: 'running',
      };
      startups.add(startup);
      try {
        const value = await withDeadline(work, { timeoutMs, what: `startup "${name}"`, clock });
        startup.status = 'done';
        return value;
      } catch (error) {
        startup.status = 'failed'; // the gate stays shut: a restart is the way to try again
        throw error;
      }
    },
    open: () => [...startups].every((startup) => startup.status === 'done'),
    snapshot: () => [...startups].map(({ name, status }) => ({ name, status })),
  };
}
