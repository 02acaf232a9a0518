import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How far a spool has been delivered. */
export interface SpoolPosition {
  /** The number of a segment; everything before it has been delivered. */
  readonly segment: number;
  /** Bytes of that segment that have been delivered, its header included. */
  readonly offset: number;
  /** Lines that were dropped and that no line has told of yet. */
  readonly untold: number;
}

const version = 1;
const fileName = 'position.json';

/** From the beginning when there is none or it cannot be read: what is then sent twice is recognised by its id. */
export function readPosition(folder: string, start: number): SpoolPosition {
  const from = { segment: 0, offset: start, untold: 0 };
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, fileName), 'utf8'));
    if (typeof value !== 'object' || value === null || Reflect.get(value, 'version') !== version) return from;
    const [segment, offset, untold] = ['segment', 'offset', 'untold'].map((name) =>
      Number(Reflect.get(value, name)),
    );
    const read = { segment: segment ?? -1, offset: offset ?? -1, untold: untold ?? -1 };
    return Object.values(read).every((number) => Number.isSafeInteger(number) && number >= 0) ? read : from;
  } catch {
    return from;
  }
}

/** Replaced as a whole, so that a crash leaves the old one or the new one. @returns whether the disk took it. */
export function savePosition(folder: string, position: SpoolPosition): boolean {
  const draft = join(folder, `${fileName}.part`);
  try {
    writeFileSync(draft, JSON.stringify({ version, ...position }), { mode: 0o640 });
    renameSync(draft, join(folder, fileName));
    return true;
  } catch {
    rmSync(draft, { force: true });
    return false;
  }
}
