/**
 * Tells a listener of the application. What it throws, and what its promise rejects with, goes to `failed`: an audit trail
 * that is away must neither change an answer nor end the process.
 */
export function tellListener<Event>(
  listener: ((event: Event) => unknown) | undefined,
  event: Event,
  failed: (error: unknown) => void,
): void {
  try {
    const told = listener?.(event);
    if (told instanceof Promise) told.catch(failed);
  } catch (error) {
    failed(error);
  }
}
