import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { createMetrics } from '../../src/index.js';

/** The value of a line, by its name and labels. */
function valueIn(text: string, line: string): number {
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  if (found === undefined) throw new Error(`no ${line} in:\n${text}`);
  return Number(found.slice(line.length + 1));
}

test('[row 76] CPU, memory, event loop, garbage collection and files of the process move when it works', async () => {
  await using metrics = createMetrics();
  const before = (await metrics.scrape()).body;
  const { user } = process.cpuUsage();
  const kept: number[][] = [];
  while (process.cpuUsage().user < user + 150_000) kept.push(Array.from({ length: 1_000 }, Math.random));
  // The histogram of the loop's delay is told by a timer, after the work.
  await waitFor(async () => /v8js_gc_duration_seconds_count/.test((await metrics.scrape()).body));
  const after = (await metrics.scrape()).body;
  const cpu = 'process_cpu_time_seconds_total{cpu_mode="user"}';
  expect(valueIn(after, cpu) - valueIn(before, cpu)).toBeGreaterThan(0.1);
  expect(valueIn(after, 'process_memory_usage_bytes')).toBeGreaterThan(1e7);
  expect(valueIn(after, 'v8js_memory_heap_used_bytes')).toBeGreaterThan(1e6);
  expect(valueIn(after, 'v8js_memory_heap_limit_bytes')).toBeGreaterThan(1e8);
  expect(valueIn(after, 'process_uptime_seconds')).toBeGreaterThan(valueIn(before, 'process_uptime_seconds'));
  expect(valueIn(after, 'process_open_file_descriptors')).toBeGreaterThan(3);
  expect(valueIn(after, 'nodejs_eventloop_delay_p99_seconds')).toBeGreaterThanOrEqual(0);
  expect(kept.length).toBeGreaterThan(0);
});

test('a loop that stands still is a delay and a utilization', async () => {
  await using metrics = createMetrics();
  await metrics.scrape();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const until = performance.now() + 200;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const { body } = await metrics.scrape();
  expect(valueIn(body, 'nodejs_eventloop_delay_max_seconds')).toBeGreaterThan(0.1);
  // Two thirds of the time, and less where other processes keep this one from waking up.
  expect(valueIn(body, 'nodejs_eventloop_utilization_ratio')).toBeGreaterThan(0.1);
});

test('[row 76] bytes that are written to the disk are counted, for the process and for the machine', async ({
  skip,
}) => {
  skip(process.platform !== 'linux', 'Linux tells it in /proc');
  await using metrics = createMetrics();
  const line = 'process_disk_io_bytes_total{disk_io_direction="write"}';
  const start = (await metrics.scrape()).body;
  const machine = (text: string): number =>
    [...text.matchAll(/^system_disk_io_bytes_total\{.*disk_io_direction="write"\} (\d+)$/gm)].reduce(
      (sum, [, bytes]) => sum + Number(bytes),
      0,
    );
  const before = valueIn(start, line);
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-io-'));
  const file = openSync(join(folder, 'written'), 'w');
  writeSync(file, Buffer.alloc(4 * 1024 ** 2, 'x'));
  fsyncSync(file);
  closeSync(file);
  rmSync(folder, { recursive: true });
  const end = (await metrics.scrape()).body;
  expect(valueIn(end, line) - before).toBeGreaterThanOrEqual(4 * 1024 ** 2);
  // A machine without a disk of its own, as some sandboxes are, has none to tell of.
  if (machine(start) > 0) expect(machine(end) - machine(start)).toBeGreaterThanOrEqual(4 * 1024 ** 2);
});
