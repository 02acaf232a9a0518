import { renameSync, writeFileSync } from 'node:fs';
import type { ProcessRecord } from '../plain/process-tree.mjs';
import type { Place } from './place.js';

/** How long a server may take to end, to freeze or to thaw. */
export const stopTimeoutMs = 20_000;

/** Tells the reaper what to end when we cannot. */
export function writeRecord({ recordPath }: Place, record: ProcessRecord): void {
  writeFileSync(`${recordPath}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${recordPath}.new`, recordPath);
}
