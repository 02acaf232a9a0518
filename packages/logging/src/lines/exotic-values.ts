import { types } from 'node:util';
import { Secret } from '@seaworthy/contracts';
import { stackOf } from './error-stack.js';
import { isError } from './is-error.js';
import type { KeyStep, KeySteps } from './key-steps.js';
import type { WriterState } from './writer-state.js';

/** The parts of the JSON writer that what follows is built from. */
export interface WriterParts {
  readonly maxKeys: number;
  readonly steps: KeySteps;
  text(text: string, state: WriterState): string;
  /** How long a text may be that is not cut. */
  roomFor(state: WriterState): number;
  value(value: unknown, state: WriterState, depth: number): string | undefined;
  append(json: string, step: KeyStep, value: unknown, state: WriterState, depth: number): string;
  /** A member's value; what cannot be read says so. */
  read(holder: object, name: string): unknown;
  array(value: readonly unknown[], state: WriterState, depth: number, length?: number): string;
}

export interface ExoticWriter {
  /** The JSON of an object whose content is not its members, or `undefined` when it is. */
  write(value: object, state: WriterState, depth: number): string | undefined;
  error(error: object, state: WriterState, depth: number, withStack: boolean): string;
}

const errorOwn = new Set(['name', 'message', 'stack', 'cause', 'errors']);

/** Errors, dates, binary data, collections, secrets: everything of which `JSON.stringify` makes `{}` or too much. */
export function createExoticWriter(parts: WriterParts): ExoticWriter {
  const { maxKeys, steps, text, roomFor, value: write, append, read, array } = parts;

  function exotic(value: object, state: WriterState, depth: number): string | undefined {
    if (Secret.is(value)) return text(String(value), state);
    if (isError(value)) return error(value, state, depth, true);
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? '"[invalid date]"' : `"${value.toISOString()}"`;
    }
    if (ArrayBuffer.isView(value)) return `"[binary, ${value.byteLength} bytes]"`;
    if (types.isAnyArrayBuffer(value)) return `"[binary, ${value.byteLength} bytes]"`;
    if (value instanceof Map) return map(value, state, depth);
    if (value instanceof Set) return array(firstOf(value.values()), state, depth, value.size);
    if (value instanceof RegExp || value instanceof URLSearchParams) return text(String(value), state);
    if (types.isBoxedPrimitive(value)) return write(value.valueOf(), state, depth) ?? 'null';
    return undefined;
  }

  function map(value: ReadonlyMap<unknown, unknown>, state: WriterState, depth: number): string {
    const entries = firstOf(value.entries());
    if (!entries.every(([key]) => typeof key === 'string')) return array(entries, state, depth, value.size);
    let json = '';
    for (const [key, item] of entries.slice(0, maxKeys)) {
      if (state.budget <= 0) break;
      json = append(json, steps.named(String(key)), item, state, depth + 1);
    }
    if (value.size > maxKeys)
      json = append(json, steps.named('…'), `[+${value.size - maxKeys}]`, state, depth);
    return json === '' ? '{}' : `${json}}`;
  }

  function firstOf<T>(iterator: Iterator<T>): T[] {
    const items: T[] = [];
    for (let step = iterator.next(); step.done !== true && items.length <= maxKeys; step = iterator.next()) {
      items.push(step.value);
    }
    return items;
  }

  function error(value: object, state: WriterState, depth: number, withStack: boolean): string {
    let json = `{"name":${described(value, 'name', state)},"message":${described(value, 'message', state)}`;
    if (withStack) json += `,"stack":${described(value, 'stack', state)}`;
    for (const key of ownKeys(value)) {
      if (errorOwn.has(key) || state.budget <= 0) continue;
      json = append(json, steps.named(key), read(value, key), state, depth + 1);
    }
    for (const key of ['cause', 'errors']) {
      json = append(json, steps.named(key), read(value, key), state, depth + 1);
    }
    return `${json}}`;
  }

  function described(value: object, key: string, state: WriterState): string {
    try {
      const found = key === 'stack' ? stackOf(value, roomFor(state)) : read(value, key);
      // As a text, because whoever indexes lines has given the name that type.
      if (typeof found === 'object' && found !== null) return text(write(found, state, 1) ?? '', state);
      return text(typeof found === 'string' ? found : String(found), state);
    } catch {
      return '"[unreadable]"';
    }
  }

  function ownKeys(value: object): readonly string[] {
    try {
      return Object.keys(value).slice(0, maxKeys);
    } catch {
      return [];
    }
  }

  return { write: exotic, error };
}
