/**
 * Gives `connection` once `prepare` has made it ready. When that fails, or `signal` aborts, nothing stays open.
 *
 * @throws what `prepare` throws, or the reason of the signal.
 */
export async function readyOrDestroyed<Connection extends { destroy(): void }>(
  connection: Connection,
  signal: AbortSignal,
  prepare: () => Promise<void>,
): Promise<Connection> {
  const destroy = (): void => connection.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  try {
    signal.throwIfAborted();
    await prepare();
    return connection;
  } catch (error) {
    destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}
