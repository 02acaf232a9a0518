export interface Needle {
  readonly name: string;
  readonly encoding: string;
  readonly bytes: Uint8Array;
}

export interface Searched {
  /** The first place of each name. */
  readonly found: ReadonlyArray<Needle & { readonly offset: number }>;
  readonly bytes: number;
  /** Read to its end, without a fault and within the bound. */
  readonly complete: boolean;
}

/** Searches a stream piece by piece, so that a large file needs no more memory than a small one. */
export async function searchStream(
  content: AsyncIterable<Uint8Array>,
  needles: readonly Needle[],
  maxBytes: number,
): Promise<Searched> {
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1;
  const found = new Map<string, Needle & { readonly offset: number }>();
  let bytes = 0;
  let rest: Uint8Array = new Uint8Array();

  function look(chunk: Uint8Array): void {
    // What stands at the end of one piece and the start of the next is looked at together.
    const window = Buffer.concat([rest, chunk]);
    for (const needle of needles) {
      if (found.has(needle.name)) continue;
      const index = window.indexOf(needle.bytes);
      if (index !== -1) found.set(needle.name, { ...needle, offset: bytes - rest.length + index });
    }
    bytes += chunk.length;
    rest = window.subarray(Math.max(0, window.length - overlap));
  }

  try {
    for await (const piece of content) {
      look(piece);
      if (bytes > maxBytes) return { found: [...found.values()], bytes, complete: false };
    }
    return { found: [...found.values()], bytes, complete: true };
  } catch {
    return { found: [...found.values()], bytes, complete: false };
  }
}
