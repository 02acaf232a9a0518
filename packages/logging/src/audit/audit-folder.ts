import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** One file of an audit log. */
export interface Segment {
  readonly path: string;
  /** The number of its first record. */
  readonly first: number;
}

export function segmentPath(folder: string, first: number): string {
  return join(folder, `audit-${String(first).padStart(15, '0')}.jsonl`);
}

/** In the order of their records. */
export function segmentsOf(folder: string): Segment[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const first = /^audit-(\d{15})\.jsonl$/.exec(name)?.[1];
      return first === undefined ? [] : [{ path: join(folder, name), first: Number(first) }];
    })
    .sort((one, other) => one.first - other.first);
}

/** What records say of themselves that a purge needs. */
export interface RecordEdge {
  readonly at: string;
}

/** More than the longest record has, in bytes. */
const longestRecord = 1_048_576;

/** A file's first record, without reading the rest. */
export function firstOf(path: string): RecordEdge {
  const text = readPart(path, (size) => [0, Math.min(size, longestRecord)]);
  return edgeOf(text.slice(0, text.indexOf('\n')));
}

/** Its first two records. */
export function beginningOf(path: string): readonly [Uint8Array, Uint8Array] {
  const text = readPart(path, (size) => [0, Math.min(size, longestRecord)]);
  const [first = '', second = ''] = text.split('\n', 2);
  return [Buffer.from(first), Buffer.from(second)];
}

/** A file's last whole record. */
export function lastOf(path: string): RecordEdge {
  const text = readPart(path, (size) => [Math.max(0, size - longestRecord), size]);
  const end = text.lastIndexOf('\n');
  return edgeOf(text.slice(text.lastIndexOf('\n', end - 1) + 1, end));
}

function readPart(path: string, range: (size: number) => readonly [from: number, to: number]): string {
  const fd = openSync(path, 'r');
  try {
    const [from, to] = range(fstatSync(fd).size);
    const bytes = Buffer.alloc(to - from);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from));
  } finally {
    closeSync(fd);
  }
}

function edgeOf(line: string): RecordEdge {
  const body = JSON.parse(line.slice(65));
  return { at: String(body.at) };
}
