import { createExoticWriter } from './exotic-values.js';
import { jsonString } from './json-string.js';
import type { LogLimits } from './log-limits.js';
import type { WriterState, WrittenName } from './writer-state.js';

/** What the writer asks before it shows anything. */
export interface Discretion {
  isSecret(name: string): boolean;
  redactText(text: string): string;
  /** What stands where a secret was. */
  readonly replacement: string;
}

/**
 * Turns any value into JSON text in one pass: redacted, bounded, printable. It never throws; what cannot be read says so
 * in its place.
 */
export interface JsonWriter {
  /** `"name":` and whether its value is secret. */
  name(name: string): WrittenName;
  /** The value's JSON, or `undefined` for what JSON leaves out. */
  value(value: unknown, state: WriterState, depth: number): string | undefined;
  /** The value of a member called `name`. */
  member(holder: object, name: string, state: WriterState, depth: number): string | undefined;
  /** A string's JSON: redacted, cut to the limit. */
  text(text: string, state: WriterState): string;
  /** An error with its cause, its inner errors and its own properties; the stack may be left to the caller. */
  error(error: object, state: WriterState, depth: number, withStack: boolean): string;
  begin(): WriterState;
}

/** Beyond this many different names a program is logging data as names, and remembering them only costs memory. */
const rememberedNames = 2_000;

/** Text read beyond the limit, so that a secret which the cut would halve is still recognised whole. */
const lookAhead = 2_048;

const unreadable = '"[unreadable]"';

export function createJsonWriter(limits: LogLimits, discretion: Discretion): JsonWriter {
  const { maxDepth, maxKeys, maxStringLength, maxLineLength } = limits;
  const names = new Map<string, WrittenName>();
  const replaced = jsonString(discretion.replacement);

  function name(key: string): WrittenName {
    const known = names.get(key);
    if (known !== undefined) return known;
    const shown = key.length > 256 ? `${key.slice(0, 256)}…` : key;
    const written = { json: `${jsonString(shown)}:`, secret: discretion.isSecret(key) };
    if (key.length <= 64 && names.size < rememberedNames) names.set(key, written);
    return written;
  }

  function text(value: string, state: WriterState): string {
    // What is left of the line bounds its strings too, so that ten long ones do not make ten times the line.
    const room = Math.min(maxStringLength, Math.max(state.budget, 64));
    const json = jsonString(value.length > room ? cut(value, room) : discretion.redactText(value));
    state.budget -= json.length;
    return json;
  }

  function cut(value: string, room: number): string {
    const read = value.slice(0, room + lookAhead);
    const redacted = discretion.redactText(read);
    const whole = read.length === value.length ? redacted.length : redacted.length - lookAhead;
    const shown = redacted.slice(0, Math.min(room, Math.max(whole, 0)));
    return `${shown}…[cut, ${value.length} in all]`;
  }

  function write(value: unknown, state: WriterState, depth: number): string | undefined {
    switch (typeof value) {
      case 'string':
        return text(value, state);
      case 'number':
        return Number.isFinite(value) ? `${value}` : 'null';
      case 'boolean':
        return value ? 'true' : 'false';
      case 'undefined':
        return undefined;
      case 'object':
        return value === null ? 'null' : object(value, state, depth);
      case 'function':
        return '"[function]"';
      default: // a bigint keeps its digits, which a JSON number would round; a symbol its description
        return text(String(value), state);
    }
  }

  function object(value: object, state: WriterState, depth: number): string {
    if (state.budget <= 0) return '"[cut]"';
    if (state.ancestors.includes(value)) return '"[circular]"';
    try {
      if (depth > maxDepth) return Array.isArray(value) ? '"[array]"' : '"[object]"';
      state.ancestors.push(value);
      try {
        return Array.isArray(value) ? array(value, state, depth) : structure(value, state, depth);
      } finally {
        state.ancestors.pop();
      }
    } catch {
      return unreadable;
    }
  }

  function structure(value: object, state: WriterState, depth: number): string {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      const special = exotic.write(value, state, depth);
      if (special !== undefined) return special;
    }
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON !== 'function') return members(value, state, depth);
    const plain: unknown = toJSON.call(value, '');
    if (typeof plain !== 'object' || plain === null) return write(plain, state, depth) ?? 'null';
    if (Array.isArray(plain)) return array(plain, state, depth);
    // Not asked for its own toJSON again, as in JSON.stringify: it may well return itself.
    return members(plain, state, depth);
  }

  function members(value: object, state: WriterState, depth: number): string {
    const keys = Object.keys(value);
    let json = '';
    for (let index = 0; index < keys.length; index += 1) {
      if (index >= maxKeys || state.budget <= 0) {
        json += `,"…":"[+${keys.length - index}]"`;
        break;
      }
      const key = keys[index] ?? '';
      const written = member(value, key, state, depth + 1);
      if (written === undefined) continue;
      const { json: label } = name(key);
      state.budget -= label.length;
      json += `,${label}${written}`;
    }
    return json === '' ? '{}' : `{${json.slice(1)}}`;
  }

  function member(holder: object, key: string, state: WriterState, depth: number): string | undefined {
    let value: unknown;
    try {
      value = (holder as Readonly<Record<string, unknown>>)[key];
    } catch {
      return unreadable;
    }
    return entry(key, value, state, depth);
  }

  function entry(key: string, value: unknown, state: WriterState, depth: number): string | undefined {
    // That there is a password, or none, is worth seeing: `hasPassword: false`, `token: null`.
    if (!name(key).secret || typeof value === 'boolean' || value === null || value === undefined) {
      return write(value, state, depth);
    }
    return replaced;
  }

  function array(
    value: readonly unknown[],
    state: WriterState,
    depth: number,
    length = value.length,
  ): string {
    let json = '';
    for (let index = 0; index < length; index += 1) {
      if (index >= maxKeys || state.budget <= 0) {
        json += `,"[+${length - index}]"`;
        break;
      }
      json += `,${element(value, index, state, depth)}`;
      state.budget -= 1;
    }
    return json === '' ? '[]' : `[${json.slice(1)}]`;
  }

  function element(value: readonly unknown[], index: number, state: WriterState, depth: number): string {
    let item: unknown;
    try {
      item = value[index];
      // [['authorization', 'x'], …]: headers as entries.
      if (Array.isArray(item) && item.length === 2 && typeof item[0] === 'string' && name(item[0]).secret) {
        return `[${name(item[0]).json.slice(0, -1)},${entry(item[0], item[1], state, depth + 1) ?? 'null'}]`;
      }
    } catch {
      return unreadable;
    }
    return write(item, state, depth + 1) ?? 'null';
  }

  const exotic = createExoticWriter({ name, value: write, member, entry, array, text, maxKeys });
  return {
    name,
    value: write,
    member,
    text,
    error: exotic.error,
    begin: () => ({ budget: maxLineLength, ancestors: [] }),
  };
}
