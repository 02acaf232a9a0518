/** Something that is started when it is first asked for, and then only once. */
export interface WhenAsked<T> {
  /** Rejects each time with what the start rejected with. */
  get(signal: AbortSignal): Promise<T>;
  /** Stops it if it was started, after a start that is under way. Never rejects. */
  stop(): Promise<void>;
}

export function whenAsked<T>(
  start: (signal: AbortSignal) => Promise<T>,
  stop: (running: T) => Promise<void>,
): WhenAsked<T> {
  let running: Promise<T> | undefined;
  return {
    get(signal) {
      running ??= start(signal);
      return running;
    },
    async stop() {
      await running?.then(stop).catch(() => undefined);
    },
  };
}
