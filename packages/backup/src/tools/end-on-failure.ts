import type { ToolProcess } from './tool-process.js';

/**
 * Works with a program that runs. When `signal` aborts, or has, and when the work fails, the program is ended and gone before this
 * rejects: with the signal's reason, which comes before what the program said of its end.
 */
export async function endOnFailure<T>(
  program: Pick<ToolProcess, 'kill' | 'gone'>,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.addEventListener('abort', program.kill, { once: true });
  try {
    signal.throwIfAborted();
    return await work();
  } catch (error) {
    program.kill();
    await program.gone;
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', program.kill);
  }
}
