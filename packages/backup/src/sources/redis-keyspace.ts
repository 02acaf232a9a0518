import type { Contents, TableContents } from '../manifest/manifest.js';
import type { FirstSize } from './rdb-first-size.js';

/** The lines of an answer to INFO, by their names. */
export function redisInfo(answer: string): ReadonlyMap<string, string> {
  return new Map(
    answer.split('\n').map((line) => {
      const [name = '', ...rest] = line.trim().split(':');
      return [name, rest.join(':')];
    }),
  );
}

/** The databases and their numbers of keys, from `INFO keyspace`. */
export function keyspaceOf(info: ReadonlyMap<string, string>): readonly TableContents[] {
  return [...info].flatMap(([name, text]) => {
    const keys = /^keys=(\d+)/.exec(text)?.[1];
    return /^db\d+$/.test(name) && keys !== undefined ? [{ name, rows: Number(keys) }] : [];
  });
}

/**
 * What a dump holds. The size of its first database stands in it and is exact; the others were counted before the dump and after it.
 */
export function keyspaceOfDump(
  first: FirstSize | undefined,
  before: readonly TableContents[],
  after: readonly TableContents[],
): Contents {
  if (first === undefined) return { precision: 'bracketed', tables: before, after };
  const exact = { name: first.name, rows: first.keys };
  const others = (tables: readonly TableContents[]) => tables.filter(({ name }) => name !== exact.name);
  const [otherBefore, otherAfter] = [others(before), others(after)];
  return otherBefore.length === 0 && otherAfter.length === 0
    ? { precision: 'snapshot', tables: [exact] }
    : { precision: 'bracketed', tables: [exact, ...otherBefore], after: [exact, ...otherAfter] };
}
