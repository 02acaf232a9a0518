import { withoutArguments } from '../redaction/command-arguments.js';
import { isSecretFlag } from '../redaction/redact-settings.js';
import { isParameterList } from '../redaction/secret-names.js';
import type { Discretion } from './discretion.js';
import { stackOf } from './error-stack.js';
import { createExoticWriter } from './exotic-values.js';
import { jsonString } from './json-string.js';
import { createKeySteps, type KeyStep, type KeySteps } from './key-steps.js';
import type { LogLimits } from './log-limits.js';
import { markedLabel, nameTexts } from './marked-names.js';
import { createTextWriter } from './text-writer.js';
import type { WriterState } from './writer-state.js';

/**
 * Turns any value into JSON text in one pass: redacted, bounded, printable. It never throws; what cannot be read says so
 * in its place.
 */
export interface JsonWriter {
  readonly steps: KeySteps;
  /** The value's JSON, or `undefined` for what JSON leaves out. */
  value(value: unknown, state: WriterState, depth: number): string | undefined;
  /** A member's value; what cannot be read says so. */
  read(holder: object, name: string): unknown;
  /** The JSON of the member called `name`. */
  member(holder: object, name: string, state: WriterState, depth: number): string | undefined;
  /** `json` with one more member; unchanged when its value is `undefined`. An empty `json` begins an object. */
  append(json: string, step: KeyStep, value: unknown, state: WriterState, depth: number): string;
  /** A string's JSON: redacted, cut to the limit. */
  text(text: string, state: WriterState): string;
  /** An error with its cause, its inner errors and its own properties; the stack may be left to the caller. */
  error(error: object, state: WriterState, depth: number, withStack: boolean): string;
  begin(): WriterState;
}

/** Twelve digits and more may be a card's. */
const shortestCard = 1e12;

const unreadable = '"[unreadable]"';

/** Whether somebody gave `Object.prototype` a member that `for in` would show in every object. */
export function prototypeIsExtended(): boolean {
  for (const _name in {}) return true;
  return false;
}

export function createJsonWriter(limits: LogLimits, discretion: Discretion): JsonWriter {
  const { maxDepth, maxKeys, maxStringLength, maxLineLength } = limits;
  const { hashed } = discretion;
  const replaced = jsonString(discretion.replacement);
  const { text, isPlain, roomFor } = createTextWriter(maxStringLength, discretion);
  const steps = createKeySteps(
    (key) => (hashed?.has(key) === true ? 'hash' : discretion.isSecret(key) ? 'hide' : 'show'),
    nameTexts(discretion, isPlain),
  );
  const { start } = steps;

  function write(value: unknown, state: WriterState, depth: number): string | undefined {
    switch (typeof value) {
      case 'string':
        return text(value, state);
      case 'number':
        return number(value);
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

  function number(value: number): string {
    const digits = `${value}`;
    if (value < shortestCard) return Number.isFinite(value) ? digits : 'null';
    if (!Number.isFinite(value)) return 'null';
    return isPlain(digits) || discretion.redactText(digits) === digits ? digits : replaced;
  }

  function object(value: object, state: WriterState, depth: number): string {
    if (state.budget <= 0) return '"[cut]"';
    const { ancestors } = state;
    for (let index = 0; index < ancestors.length; index += 1) {
      if (ancestors[index] === value) return '"[circular]"';
    }
    try {
      if (depth > maxDepth) return Array.isArray(value) ? '"[array]"' : '"[object]"';
      ancestors.push(value);
      try {
        return Array.isArray(value) ? array(value, state, depth) : structure(value, state, depth);
      } finally {
        ancestors.pop();
        state.marked?.delete(value);
      }
    } catch {
      return unreadable;
    }
  }

  function structure(value: object, state: WriterState, depth: number): string {
    const prototype: unknown = Object.getPrototypeOf(value);
    const isPlainObject = (prototype === Object.prototype || prototype === null) && !prototypeIsExtended();
    if (!isPlainObject) {
      const special = exotic.write(value, state, depth);
      if (special !== undefined) return special;
    }
    const { toJSON } = value as { readonly toJSON?: unknown };
    if (typeof toJSON !== 'function') {
      return isPlainObject
        ? plainMembers(value, state, depth)
        : members(value, Object.keys(value), state, depth);
    }
    const plain: unknown = toJSON.call(value, '');
    if (typeof plain !== 'object' || plain === null) return write(plain, state, depth) ?? 'null';
    if (Array.isArray(plain)) return array(plain, state, depth);
    // Not asked for its own toJSON again, as in JSON.stringify: it may well return itself.
    return members(plain, Object.keys(plain), state, depth);
  }

  /** `for in` reads the members of a plain object twice as fast as a list of its names. */
  function plainMembers(value: object, state: WriterState, depth: number): string {
    let json = '';
    let step = start;
    let count = 0;
    for (const key in value) {
      if (count >= maxKeys || state.budget <= 0)
        return cutShort(json, Object.keys(value).length - count, state);
      count += 1;
      const { next } = step;
      step = next !== undefined && next.key === key ? next : steps.follow(step, key);
      json = append(json, step, read(value, key), state, depth + 1);
    }
    return json === '' ? '{}' : `${json}}`;
  }

  function members(value: object, keys: readonly string[], state: WriterState, depth: number): string {
    let json = '';
    let count = 0;
    for (const key of keys) {
      if (count >= maxKeys || state.budget <= 0) return cutShort(json, keys.length - count, state);
      count += 1;
      json = append(json, steps.named(key), read(value, key), state, depth + 1);
    }
    return json === '' ? '{}' : `${json}}`;
  }

  function cutShort(json: string, missing: number, state: WriterState): string {
    if (missing > 0) return `${append(json, steps.named('…'), `[+${missing}]`, state, 0)}}`;
    return json === '' ? '{}' : `${json}}`;
  }

  function append(json: string, step: KeyStep, value: unknown, state: WriterState, depth: number): string {
    if (step.isPlain && typeof value === 'string') {
      if (value.length <= 64 && isPlain(value)) {
        state.budget -= step.open.length + value.length;
        return `${json === '' ? step.firstOpen : json + step.open}${value}"`;
      }
    }
    const written = entry(step, value, state, depth);
    if (written === undefined) return json;
    state.budget -= step.label.length;
    if (step.isMarked) return json + markedLabel(json, step, state) + written;
    return json === '' ? step.firstLabel + written : json + step.label + written;
  }

  function read(holder: object, key: string): unknown {
    try {
      return (holder as Readonly<Record<string, unknown>>)[key];
    } catch {
      return '[unreadable]';
    }
  }

  function member(holder: object, key: string, state: WriterState, depth: number): string | undefined {
    const value = key === 'stack' ? stackOf(holder, roomFor(state)) : read(holder, key);
    return entry(steps.named(key), value, state, depth);
  }

  function entry(step: KeyStep, value: unknown, state: WriterState, depth: number): string | undefined {
    if (step.treatment === 'show') {
      if (isParameterList(step.key) && Array.isArray(value)) return `"[${value.length} values]"`;
      return write(step.key === 'command' ? withoutArguments(value) : value, state, depth);
    }
    // That there is a password, or none, is worth seeing: `hasPassword: false`, `token: null`.
    if (typeof value === 'boolean' || value === null || value === undefined)
      return write(value, state, depth);
    const hash = step.treatment === 'hash' ? hashed?.of(value) : undefined;
    return hash === undefined ? replaced : jsonString(hash);
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
        return `${json === '' ? '[' : `${json},`}"[+${length - index}]"]`;
      }
      const item = element(value, index, state, depth);
      json = json === '' ? `[${item}` : `${json},${item}`;
      state.budget -= 1;
    }
    return json === '' ? '[]' : `${json}]`;
  }

  function element(value: readonly unknown[], index: number, state: WriterState, depth: number): string {
    let item: unknown;
    try {
      item = value[index];
      if (typeof item === 'string' && index > 0 && !item.startsWith('-')) {
        if (isSecretFlag(value[index - 1], discretion.isSecret)) return replaced;
      }
      // [['authorization', 'x'], …]: headers as entries.
      if (Array.isArray(item) && item.length === 2 && typeof item[0] === 'string') {
        const step = steps.named(item[0]);
        if (step.treatment !== 'show') {
          const written = entry(step, item[1], state, depth + 1) ?? 'null';
          return `[${step.firstLabel.slice(1, -1)},${written}]`;
        }
      }
    } catch {
      return unreadable;
    }
    return write(item, state, depth + 1) ?? 'null';
  }

  const exotic = createExoticWriter({ append, steps, read, value: write, array, text, roomFor, maxKeys });
  return {
    steps,
    value: write,
    read,
    member,
    append,
    text,
    error: exotic.error,
    begin: () => ({ budget: maxLineLength, ancestors: [] }),
  };
}
