import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Line } from './memory-sink.js';

/** A folder that goes with the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-logging-'));
  // Not at once: a file that is still being compressed comes to its end meanwhile, and is found by the next try.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/** Every line of a file, parsed; it fails when one is no JSON or the last one has no end. */
export function linesOf(path: string): Line[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return parseLines(text);
}

export function parseLines(text: string): Line[] {
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error('The last line has no end.');
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}
