import { readdirSync, readFileSync } from 'node:fs';
import { constants, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { HistogramSpec, MetricLabels } from '@seaworthy/contracts';
import type { HistogramSeries } from './histogram-series.js';
import type { MetricFamily } from './metric-family.js';
import type { Observe, ObservedSpec } from './metrics-source.js';

type Values = Iterable<readonly [MetricLabels, number]>;

const gcSpec: HistogramSpec = {
  name: 'v8js.gc.duration',
  description: 'Garbage collections.',
  unit: 's',
  buckets: [0.001, 0.01, 0.1, 1],
};

const gcTypes: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** Measures the process until the returned function is called. What is not on this system is left out. */
export function watchProcess(
  observe: Observe,
  histogram: (spec: HistogramSpec) => MetricFamily<HistogramSeries>,
): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const collections = histogram(gcSpec);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = gcTypes[Number(Reflect.get(Object(Reflect.get(entry, 'detail')), 'kind'))] ?? 'other';
      collections.series({ 'v8js.gc.type': kind }).record(entry.duration / 1_000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });

  const gauge = (
    name: string,
    description: string,
    unit: string,
    read: () => Values,
    aggregate: ObservedSpec['aggregate'] = 'sum',
  ): void => observe('gauge', { name, description, unit, aggregate }, read);
  const counter = (name: string, description: string, unit: string, read: () => Values): void =>
    observe('counter', { name, description, unit }, read);

  counter('process.cpu.time', 'CPU time of the process.', 's', () => {
    const { user, system } = process.cpuUsage();
    return [
      [{ 'cpu.mode': 'user' }, user / 1e6],
      [{ 'cpu.mode': 'system' }, system / 1e6],
    ];
  });
  gauge('process.memory.usage', 'Memory of the process that is in RAM.', 'By', () => [
    [{}, process.memoryUsage.rss()],
  ]);
  gauge(
    'process.uptime',
    'How long the process has been running.',
    's',
    () => [[{}, process.uptime()]],
    'max',
  );
  // Each process of a cluster has a limit of its own: added up, the one that is about to reach it could not be seen.
  const heap = (name: string, description: string, bytes: () => number): void =>
    gauge(`v8js.memory.heap.${name}`, description, 'By', () => [[{}, bytes()]], 'max');
  heap('used', 'JavaScript heap in use.', () => getHeapStatistics().used_heap_size);
  heap('limit', 'JavaScript heap at which the process ends.', () => getHeapStatistics().heap_size_limit);
  const lag = (name: string, description: string, nanoseconds: () => number): void =>
    gauge(
      `nodejs.eventloop.delay.${name}`,
      `${description} of the event loop since the last scrape.`,
      's',
      () => [[{}, lagSeconds(nanoseconds())]],
      'max',
    );
  lag('p50', 'Median lag', () => delay.percentile(50));
  lag('p99', 'Lag at the 99th percentile', () => delay.percentile(99));
  lag('max', 'Longest lag', () => {
    const { max } = delay;
    delay.reset(); // the last of the three to be read
    return max;
  });
  let before = performance.eventLoopUtilization();
  gauge(
    'nodejs.eventloop.utilization',
    'Share of the time since the last scrape that the loop was busy.',
    '1',
    () => {
      const { utilization } = performance.eventLoopUtilization(before);
      before = performance.eventLoopUtilization();
      return [[{}, utilization]];
    },
    'max',
  );
  // OpenTelemetry's name ends in "count", which Prometheus keeps for histograms.
  gauge('process.open_file_descriptors', 'Open files and sockets.', '{file_descriptor}', openFiles);
  counter('process.disk.io', 'Bytes that the process read from disks and wrote to them.', 'By', () => {
    const text = textOf('/proc/self/io');
    return [...rowOf(text, 'read_bytes', 'read'), ...rowOf(text, 'write_bytes', 'write')];
  });
  const ofMachine: ObservedSpec = {
    name: 'system.disk.io',
    description: 'Bytes that the machine read from disks and wrote to them.',
    unit: 'By',
    aggregate: 'max', // each process of a cluster sees the same disks
  };
  observe('counter', ofMachine, machineDisks);

  return () => {
    observer.disconnect();
    delay.disable();
  };
}

function lagSeconds(nanoseconds: number): number {
  return Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - 0.02) : 0;
}

function openFiles(): Values {
  try {
    return [[{}, readdirSync('/proc/self/fd').length]];
  } catch {
    return [];
  }
}

function rowOf(text: string, row: string, direction: string): [MetricLabels, number][] {
  const found = new RegExp(`^${row}: (\\d+)$`, 'm').exec(text)?.[1];
  return found === undefined ? [] : [[{ 'disk.io.direction': direction }, Number(found)]];
}

/** Sectors of /proc/diskstats are 512 bytes, whatever the disk has. Whole disks only: partitions would count twice. */
function* machineDisks(): Values {
  for (const line of textOf('/proc/diskstats').split('\n')) {
    const [, , device = '', , , read, , , , written] = line.trim().split(/\s+/);
    if (!/^(?:[shv]d[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(device)) continue;
    yield [{ 'system.device': device, 'disk.io.direction': 'read' }, Number(read) * 512];
    yield [{ 'system.device': device, 'disk.io.direction': 'write' }, Number(written) * 512];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
