import { parseEnv } from 'node:util';

/** What `util.parseEnv` accepts and reads in a way that hardly anyone meant. */
export type LineFault =
  | 'has a quote that is not closed'
  | 'has text after its closing quote'
  | 'has an unquoted # that would cut it off'
  | 'is swallowed by a quote that opened above it';

export interface DotenvLine {
  /** Counted from 1. */
  readonly line: number;
  readonly fault?: LineFault;
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/;

/** Finds the line of every variable of a dotenv file, which the parser itself does not tell. */
export function dotenvLines(
  text: string,
  parsed: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, DotenvLine> {
  const lines = text.split(/\r?\n/);
  const candidates = new Map<string, Array<{ readonly index: number; readonly raw: string }>>();
  lines.forEach((line, index) => {
    const [, name, raw] = assignment.exec(line) ?? [];
    if (name === undefined || raw === undefined) return;
    const known = candidates.get(name);
    if (known === undefined) candidates.set(name, [{ index, raw }]);
    else known.push({ index, raw });
  });

  const found = new Map<string, DotenvLine>();
  for (const [name, all] of candidates) {
    const value = parsed[name];
    // A line inside a quoted value of several lines looks the same; only the real one parses to the value.
    const real =
      all.length === 1 ? all[0] : all.findLast(({ index }) => parsesTo(lines.slice(index), name, value));
    const chosen = real ?? all.at(-1);
    if (chosen === undefined) continue;
    const fault =
      value === undefined ? 'is swallowed by a quote that opened above it' : faultOf(chosen.raw, value);
    found.set(name, fault === undefined ? { line: chosen.index + 1 } : { line: chosen.index + 1, fault });
  }
  return found;
}

function parsesTo(lines: readonly string[], name: string, value: string | undefined): boolean {
  return parseEnv(lines.join('\n'))[name] === value;
}

function faultOf(raw: string, value: string): LineFault | undefined {
  const text = raw.trim();
  const quote = text[0];
  if (quote === '"' || quote === "'" || quote === '`') {
    const end = text.indexOf(quote, 1);
    if (end === -1) return value.startsWith(quote) ? 'has a quote that is not closed' : undefined;
    const rest = text.slice(end + 1).trim();
    return rest === '' || rest.startsWith('#') ? undefined : 'has text after its closing quote';
  }
  const hash = raw.indexOf('#');
  if (hash === -1) return undefined;
  const before = hash === 0 ? '=' : raw[hash - 1];
  return before === ' ' || before === '\t' ? undefined : 'has an unquoted # that would cut it off';
}
