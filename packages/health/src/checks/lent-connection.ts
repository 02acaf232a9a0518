/** How connections of one driver are borrowed, given back and thrown away. */
export interface Lender<Connection> {
  acquire(): PromiseLike<Connection>;
  release(connection: Connection): void;
  /** Closes it, whatever it is doing: nothing that comes from it later is of use. */
  destroy(connection: Connection): void;
}

/**
 * Does one thing on a borrowed connection. When the signal aborts, the connection is destroyed, so that a server that hangs
 * keeps neither the probe nor a place in the pool.
 */
export async function onLentConnection<Connection, T>(
  lender: Lender<Connection>,
  signal: AbortSignal,
  use: (connection: Connection) => PromiseLike<T>,
): Promise<T> {
  const connection = await lender.acquire();
  // The pool was exhausted for longer than the deadline: nothing was asked, and a pool in need must not lose a connection.
  if (signal.aborted) {
    lender.release(connection);
    throw signal.reason;
  }
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const value = await Promise.race([aborted, use(connection)]);
    lender.release(connection);
    return value;
  } catch (error) {
    lender.destroy(connection);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
