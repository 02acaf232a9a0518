import {
  expressionPattern,
  groupNames,
  type PathMatch,
  type PathPattern,
  partsByValue,
  templatePattern,
} from './path-pattern.js';

/** One entry of a router's stack, of Express 4 (path-to-regexp 0.1) or of router 2 (Express 5). */
export interface Layer {
  readonly route?: object | undefined;
  readonly handle: { readonly name?: string; readonly stack?: readonly Layer[] };
  /** Express 4 answers with a boolean and leaves the rest on the layer, as router 2 did up to 2.2; since 2.3 it is an object. */
  match(path: string): boolean | LayerMatch;
  readonly path?: string | undefined;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean };
  readonly keys?: ReadonlyArray<{ readonly name: string | number }>;
  /** Router 2: mounted without a path. */
  readonly slash?: boolean;
  /** Router 2.3. */
  readonly rawPath?: unknown;
}

interface LayerMatch {
  readonly path: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** How a layer reads paths. */
export interface LayerReader {
  /** What its values are called; `undefined` when only a path tells. */
  readonly names: readonly string[] | undefined;
  /** What it is called itself, when that is the same for all paths. */
  readonly template: string | undefined;
  read(path: string): PathMatch | undefined;
}

const readers = new WeakMap<Layer, LayerReader>();

export function readerOf(layer: Layer): LayerReader {
  const known = readers.get(layer) ?? makeReader(layer);
  readers.set(layer, known);
  return known;
}

function makeReader(layer: Layer): LayerReader {
  const { regexp, keys = [], slash = false } = layer;
  if (slash || regexp?.fast_slash === true) {
    return { names: [], template: '', read: () => ({ length: 0, parts: [] }) };
  }
  const names = keys.map(({ name }) => String(name));
  if (regexp !== undefined) {
    const pattern = expressionPattern(regexp, names);
    return { names, template: templateOfExpression(regexp, names), read: pattern.match };
  }
  const path = layer.rawPath ?? (layer.route === undefined ? undefined : Reflect.get(layer.route, 'path'));
  const patterns = patternsOf(path, layer.route !== undefined);
  return {
    names: patterns?.flatMap((pattern) => pattern.names),
    template: typeof path === 'string' ? path.replace(/\/+$/, '') : undefined,
    read(of) {
      for (const pattern of patterns ?? []) {
        const match = pattern.match(of);
        if (match !== undefined) return match;
      }
      return matchOfLayer(layer, of);
    },
  };
}

function patternsOf(path: unknown, whole: boolean): readonly PathPattern[] | undefined {
  const paths: readonly unknown[] = Array.isArray(path) ? path.flat(Number.POSITIVE_INFINITY) : [path];
  try {
    const patterns = paths.map((each) => {
      if (each instanceof RegExp) return expressionPattern(each, groupNames(each));
      return typeof each === 'string' ? templatePattern(each, 'path-to-regexp', whole) : undefined;
    });
    return patterns.every((pattern) => pattern !== undefined) ? patterns : undefined;
  } catch {
    return undefined;
  }
}

/** What the framework itself makes of a path, also where the pattern of a layer is not to be had (router 2.0 to 2.2). */
function matchOfLayer(layer: Layer, path: string): PathMatch | undefined {
  const { path: taken, params } = hostMatch(layer, path) ?? {};
  if (taken === undefined) return undefined;
  return { length: taken.length, parts: partsByValue(taken, params ?? {}) };
}

/** The layer's own answer; a path that cannot be decoded is not matched. */
export function hostMatch(layer: Layer, path: string): LayerMatch | undefined {
  try {
    const match = layer.match(path);
    if (match === false) return undefined;
    const { path: taken = '', params = {} } = match === true ? layer : match;
    return { path: taken, params };
  } catch {
    return undefined;
  }
}

/** A value in an expression of path-to-regexp 0.1: `(?:\/([^/]+?))`, and `(?:((?:(?!\/|\/v).)+?))` behind a text. */
const capture = /\(\?:(\\[/.])?\((?:\[\^\\?\/(?:\\\.)?\]|\(\?:\(\?!(?:\\.|[^)\\])*\)\.\))\+\?\)\)/g;

/** Express 4 keeps no text of a mount's path, but its expression is made of it, piece by piece. */
function templateOfExpression({ source }: RegExp, names: readonly string[]): string | undefined {
  let values = 0;
  const text = source
    .replace(/^\^/, '')
    .replace(/\\\/\?\(\?=\\\/\|\$\)$/, '')
    .replace(capture, (_value, before = '') => `${before}:${names[values++]}`);
  if (values !== names.length || /(?<!\\)[()[\]{}*+?|^$.]/.test(text)) return undefined;
  return text.replace(/\\(.)/g, '$1');
}
