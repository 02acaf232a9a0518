/** Work that was begun and that a shutdown waits for. */
export interface OngoingWork {
  /** Runs `work` at once; `outer` aborts it as {@link OngoingWork.abort} does. */
  run<T>(name: string, work: (signal: AbortSignal) => PromiseLike<T> | T, outer?: AbortSignal): Promise<T>;
  /** The names of what is still running. */
  pending(): readonly string[];
  /** Resolves when nothing is running any more. */
  settled(): Promise<void>;
  /** Tells all of it to stop, which is still waited for; what comes later is refused with the reason. */
  abort(reason: unknown): void;
}

export function createOngoingWork(): OngoingWork {
  const running = new Map<AbortController, string>();
  let waiters: (() => void)[] = [];
  let over: { readonly reason: unknown } | undefined;

  function finished(controller: AbortController): void {
    running.delete(controller);
    if (running.size > 0) return;
    for (const resolve of waiters) resolve();
    waiters = [];
  }

  return {
    async run(name, work, outer) {
      if (over !== undefined) throw over.reason;
      const controller = new AbortController();
      const onAbort = (): void => controller.abort(outer?.reason);
      outer?.addEventListener('abort', onAbort, { once: true });
      running.set(controller, name);
      try {
        return await work(controller.signal);
      } finally {
        outer?.removeEventListener('abort', onAbort);
        finished(controller);
      }
    },
    pending: () => [...running.values()],
    settled: () =>
      running.size === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(() => resolve())),
    abort(reason) {
      over ??= { reason };
      for (const controller of running.keys()) controller.abort(reason);
    },
  };
}
