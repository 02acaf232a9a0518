import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deadLetters } from '../../src/shipping/dead-letters.js';
import { smallDisk } from '../support/small-disk.js';

test('a dead letter that a full disk took half of is told as lost, and spoils none that comes later', (context) => {
  const folder = smallDisk();
  if (folder === undefined) return context.skip();
  const letters = deadLetters(folder, 16_777_216);
  const record = (id: string, length: number) => ({ id, timeMs: 0, line: 'x'.repeat(length) });
  expect(letters.add(record('first', 10), 'no')).toBe(true);
  writeFileSync(join(folder, 'filler'), Buffer.alloc(200 * 1_024));
  expect(letters.add(record('too-long', 200_000), 'no')).toBe(false);
  rmSync(join(folder, 'filler'));
  expect(letters.add(record('last', 10), 'no')).toBe(true);
  const lines = readFileSync(join(folder, 'dead-letters.ndjson'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => Reflect.get(JSON.parse(line), 'id'))).toEqual(['first', 'last']);
});
