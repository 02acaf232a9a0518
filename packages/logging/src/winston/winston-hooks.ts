import type winston from 'winston';

/** Calls `changed` whenever a transport comes or goes; `add`, `remove`, `clear` and `configure` all end in these two. */
export function watchTransports(logger: winston.Logger, changed: () => void): void {
  for (const name of ['pipe', 'unpipe'] as const) {
    const original: (...args: never[]) => unknown = logger[name];
    Object.defineProperty(Object.getPrototypeOf(logger), name, {
      configurable: true,
      writable: true,
      value(this: winston.Logger, ...args: never[]) {
        const result = original.apply(this, args);
        changed();
        return result;
      },
    });
  }
}

/**
 * Keeps a failing transport from ending the process: winston repeats its error as the logger's own, which is fatal when nobody
 * listens.
 *
 * @returns a function that tells the last failure's code, or its name.
 */
export function watchErrors(logger: winston.Logger): () => string | undefined {
  let last: string | undefined;
  logger.on('error', (error: Error) => {
    const code: unknown = Reflect.get(error, 'code');
    last = typeof code === 'string' ? code : error.name;
  });
  return () => last;
}
