import { parseEnv } from 'node:util';

/** What `util.parseEnv` accepts and reads in a way that hardly anyone meant. */
export type LineFault =
  | 'has a quote that is not closed'
  | 'has text after its closing quote'
  | 'has an unquoted # that would cut it off'
  | 'is swallowed by a quote that opened above it'
  | 'is swallowed by a line above it that is no assignment'
  | 'stands on a line that is no assignment';

export interface DotenvLine {
  /** Counted from 1. */
  readonly line: number;
  readonly fault?: LineFault;
}

const assignment = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$/;

/** The habits of YAML, JSON and shells: `PORT: 1`, `- PORT=1`, `{ "PORT": 1`, `set PORT=1`, `export PORT`. */
const elsewhere = /^\s*(?:-\s+|\{\s*)?["']?(?:(?:export|set)\s+)?([A-Za-z_]\w*)/;

const opening = /^[^#=]*=\s*(["'`])/;

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
    const value = Object.hasOwn(parsed, name) ? parsed[name] : undefined;
    // A line inside a quoted value of several lines looks the same; only the real one parses to the value.
    const real =
      all.length === 1 ? all[0] : all.findLast(({ index }) => parsesTo(lines.slice(index), name, value));
    const chosen = real ?? all.at(-1);
    if (chosen === undefined) continue;
    const fault =
      value === undefined
        ? swallowed(name, parsed)
        : faultOf(chosen.raw, value, lines.slice(chosen.index + 1));
    found.set(name, fault === undefined ? { line: chosen.index + 1 } : { line: chosen.index + 1, fault });
  }
  for (const [index, line] of outsideOfQuotes(lines)) {
    const name = assignment.test(line) ? undefined : elsewhere.exec(line)?.[1];
    if (name === undefined || found.has(name)) continue;
    found.set(name, { line: index + 1, fault: 'stands on a line that is no assignment' });
  }
  return found;
}

/** The parser of Node 20 takes everything before the next `=` for the name, lines above it too. */
function swallowed(name: string, parsed: Readonly<Record<string, string | undefined>>): LineFault {
  return Object.keys(parsed).some((key) => key.endsWith(`\n${name}`))
    ? 'is swallowed by a line above it that is no assignment'
    : 'is swallowed by a quote that opened above it';
}

/** The lines that begin no further down in a quoted value, with their places. */
function* outsideOfQuotes(lines: readonly string[]): Generator<readonly [number, string]> {
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    yield [index, line];
    const [before = '', quote = ''] = opening.exec(line) ?? [];
    if (quote === '' || line.includes(quote, before.length)) continue;
    const length = lines.slice(index + 1).findIndex((below) => below.includes(quote));
    if (length !== -1) index += length + 1;
  }
}

function parsesTo(lines: readonly string[], name: string, value: string | undefined): boolean {
  return parseEnv(lines.join('\n'))[name] === value;
}

function faultOf(raw: string, value: string, below: readonly string[]): LineFault | undefined {
  const text = raw.trim();
  const quote = text[0];
  if (quote === '"' || quote === "'" || quote === '`') {
    const end = text.indexOf(quote, 1);
    if (end === -1 && value.startsWith(quote)) return 'has a quote that is not closed';
    const last = end === -1 ? below.find((line) => line.includes(quote)) : text.slice(1);
    const rest = (last ?? '').slice((last ?? '').indexOf(quote) + 1).trim();
    return rest === '' || rest.startsWith('#') ? undefined : 'has text after its closing quote';
  }
  const hash = raw.indexOf('#');
  if (hash === -1) return undefined;
  const before = hash === 0 ? '=' : raw[hash - 1];
  return before === ' ' || before === '\t' ? undefined : 'has an unquoted # that would cut it off';
}
