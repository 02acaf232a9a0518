/**
 * The headers that `writeHead` was given, by their names: an object, a list of names and values in turn, or of pairs of them.
 * A name that a list has more than once has all of its values.
 */
export function headPairs(headers: unknown): Iterable<readonly [string, string | string[]]> {
  if (!Array.isArray(headers)) {
    const given = typeof headers === 'object' && headers !== null ? Object.entries(headers) : [];
    return given.filter(([, value]) => value !== undefined).map(([name, value]) => [name, textOf(value)]);
  }
  const pairs: ReadonlyArray<readonly unknown[]> = headers.every(Array.isArray)
    ? headers
    : headers.flatMap((name: unknown, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
  const values = new Map<string, readonly [string, string | string[]]>();
  for (const [name, value] of pairs) {
    if (value === undefined) continue;
    const [known, before = []] = values.get(String(name).toLowerCase()) ?? [String(name)];
    values.set(known.toLowerCase(), [known, textOf([before, value].flat())]);
  }
  return values.values();
}

function textOf(value: unknown): string | string[] {
  const all = [value].flat().map(String);
  return all.length === 1 ? String(all[0]) : all;
}
