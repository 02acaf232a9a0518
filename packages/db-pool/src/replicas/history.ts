import { covers, type PositionKind } from './position.js';

interface Entry {
  readonly position: string;
  /** Monotonic time before the primary was asked: it had written this much at the latest then. */
  readonly at: number;
}

/** Ten minutes of asking once a second; a replica that is further behind is out of service anyway. */
const maxEntries = 600;

/**
 * Where the primary was when. A replica that has applied what the primary had written at a moment shows the data as they were
 * at that moment or later, whatever the clocks of the machines say and whether or not the stream between them is cut.
 */
export class PositionHistory {
  readonly #entries: Entry[] = [];

  add(position: string, at: number): void {
    const last = this.#entries.at(-1);
    // A quiet primary: the same position is as good as it was at the later moment.
    if (last !== undefined && last.position === position) this.#entries.pop();
    this.#entries.push({ position, at });
    if (this.#entries.length > maxEntries) this.#entries.shift();
  }

  /** The latest moment of which a server that has applied `position` has everything. */
  freshAt(kind: PositionKind, position: string): number | undefined {
    for (let index = this.#entries.length - 1; index >= 0; index -= 1) {
      const entry = this.#entries[index];
      if (entry !== undefined && covers(kind, position, entry.position)) return entry.at;
    }
    return undefined;
  }

  get latestAt(): number | undefined {
    return this.#entries.at(-1)?.at;
  }
}
