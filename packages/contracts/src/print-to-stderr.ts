import { errorCode } from './error-code.js';

/** Whoever reads the pipe of a process that ends reads on, or not at all. */
const longestPauseMs = 2_000;
const longestMs = 10_000;

/**
 * Writes the whole text to file descriptor 2 before it returns, because the process ends next. A pipe that is full is waited for,
 * 2 s at most for each piece and 10 s in all: once something has used `process.stderr`, the system takes what fits and refuses the rest. Never throws.
 *
 * @example
 * printToStderr('The configuration is wrong.\n');
 * process.exit(1);
 */
export function printToStderr(text: string): void {
  // Asked for and not imported: config carries this in a text, which cannot import.
  const { writeSync } = process.getBuiltinModule('node:fs');
  const end = performance.now() + longestMs;
  let until = performance.now() + longestPauseMs;
  for (let rest: Uint8Array = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(2, rest));
      until = Math.min(end, performance.now() + longestPauseMs);
    } catch (error) {
      // Closed: nowhere to say it. The exit code still does.
      if (errorCode(error) !== 'EAGAIN' || performance.now() > until) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
