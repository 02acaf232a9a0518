/** A value that a route takes from a path: where it stands, and what it is called. */
export interface PathPart {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** What a pattern found. */
export interface PathMatch {
  /** How much of the path it took. */
  readonly length: number;
  readonly parts: readonly PathPart[];
}

export interface PathPattern {
  readonly names: readonly string[];
  match(path: string): PathMatch | undefined;
}

/**
 * Templates as they are written for path-to-regexp 8 (Express 5) and for find-my-way (Fastify 5): escaped, sigil, quoted name, name,
 * brace. An expression behind a name of find-my-way is read over: where a value ends is told by what stands around it.
 */
const syntaxes = {
  'path-to-regexp': /\\(.)|([:*])(?:"((?:[^"\\]|\\.)*)"|([$_\p{ID_Start}][$\p{ID_Continue}]*))|([{}])|./gsu,
  'find-my-way': /:(:)|([:*])()([^/.(?-]*)(?:\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\))?\??|./gsu,
} as const;

/** Which of them a template is written in. */
export type TemplateSyntax = keyof typeof syntaxes;

/** The pattern of a template: of the whole path, or of its beginning. @throws SyntaxError for what is no template */
export function templatePattern(template: string, syntax: TemplateSyntax, whole: boolean): PathPattern {
  const names: string[] = [];
  let source = '';
  let since = '/'; // a value goes no further than the text between it and the one before
  for (const token of template.replace(/\/+$/, '').matchAll(syntaxes[syntax])) {
    const [text, escaped, sigil, quoted, name, brace] = token;
    if (sigil !== undefined) {
      names.push(name || quoted?.replace(/\\(.)/g, '$1') || '*');
      const bound = since === '' || since.includes('/') ? '' : `(?!${literal(since)})`;
      source += sigil === '*' ? '(.*)' : `((?:${bound}[^/])+)`;
      since = '';
    } else if (brace !== undefined) {
      source += brace === '{' ? '(?:' : ')?';
    } else {
      source += literal(escaped ?? text);
      since += escaped ?? text;
    }
  }
  return expressionPattern(new RegExp(`^${source}${whole ? '/?$' : '(?=/|$)'}`, 'is'), names);
}

/** The pattern of an expression whose groups are called so. */
export function expressionPattern(expression: RegExp, names: readonly string[]): PathPattern {
  const indexed = new RegExp(expression.source, `${expression.flags.replace(/[dgy]/g, '')}d`);
  return {
    names,
    match(path) {
      const match = indexed.exec(path);
      if (match === null) return undefined;
      const parts: PathPart[] = [];
      for (const [index, place] of (match.indices ?? []).slice(1).entries()) {
        if (place !== undefined) parts.push({ name: names[index] ?? '', start: place[0], end: place[1] });
      }
      return { length: match[0].length, parts };
    },
  };
}

/** The names of an expression's groups: numbers for those that have none. */
export function groupNames({ source }: RegExp): readonly string[] {
  const groups = [...source.matchAll(/\\.|\((?:\?<([^=!][^>]*)>)?(?!\?)/g)].filter(
    ([text]) => text[0] === '(',
  );
  let numbered = 0;
  return groups.map(([, name]) => name ?? String(numbered++));
}

/**
 * Where values stand in a path whose pattern nobody told: segments that are one, else those that hold one. A segment that may be several
 * values is named by all of them, first by the one that was not seen before.
 */
export function partsByValue(path: string, values: Readonly<Record<string, unknown>>): readonly PathPart[] {
  const segments = [...path.matchAll(/[^/]+/g)].map(({ 0: segment, index }) => ({
    text: decoded(segment),
    start: index,
    end: index + segment.length,
  }));
  let named = Object.entries(values).filter(([, value]) => typeof value === 'string' && value !== '');
  const whole = new Set(segments.map(({ text }) => text));
  return segments.flatMap(({ text, start, end }) => {
    const found = named.filter(([, value]) =>
      whole.has(String(value)) ? value === text : text.includes(String(value)),
    );
    named = [...named.filter((each) => each !== found[0]), ...found.slice(0, 1)];
    return found.map(([name]) => ({ name, start, end }));
  });
}

/** The path with something else in the place of its parts. */
export function withoutParts(
  path: string,
  parts: readonly PathPart[],
  instead: (part: PathPart) => string,
): string {
  let text = '';
  let at = 0;
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    if (part.start < at || part.end === part.start) {
      at = Math.max(at, part.end);
      continue;
    }
    text += path.slice(at, part.start) + instead(part);
    at = part.end;
  }
  return text + path.slice(at);
}

/** What the client meant; what nobody can decode means itself. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
