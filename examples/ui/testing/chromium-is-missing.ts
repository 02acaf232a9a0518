import { existsSync } from 'node:fs';

export const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/**
 * Whether the browser tests have to be skipped, which is said aloud. With CI=true they are never skipped: there a
 * missing browser is a failure.
 */
export function chromiumIsMissing(): boolean {
  if (process.env.CI === 'true' || existsSync(chromiumPath)) return false;
  console.warn(`SKIPPED: no browser at ${chromiumPath}. Install chromium or set CHROMIUM_PATH.`);
  return true;
}
