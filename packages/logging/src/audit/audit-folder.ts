import { readdirSync } from 'node:fs';
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
