import { createHash } from 'node:crypto';
import type { Statement } from '../sql/compile.js';
import { SqlJson } from '../sql/fragments.js';

/** Longer keys are replaced by their SHA-256, so that neither large texts nor large values are kept for each answer. */
const maxPlainLength = 256;

/**
 * What an answer is found by: the statement's text, its values with their types (`1`, `'1'`, `1n` and `true` are four), and the
 * tags, because an answer that was stored without a tag would outlive that tag's invalidation.
 *
 * `undefined` for values that no driver takes: the database says what is wrong with them.
 */
export function cacheKey({ text, values }: Statement, tags: readonly string[]): string | undefined {
  const parts: unknown[] = [];
  for (const value of values) {
    const part = keyPart(value);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  const key = JSON.stringify([text, parts, [...tags].sort()]);
  return key.length <= maxPlainLength ? key : createHash('sha256').update(key).digest('base64');
}

type KeyPart = readonly [type: string, value?: string | readonly KeyPart[]];

function keyPart(value: unknown): KeyPart | undefined {
  switch (typeof value) {
    case 'string':
      return ['s', value];
    case 'number':
      return ['n', Object.is(value, -0) ? '-0' : String(value)];
    case 'bigint':
      return ['i', String(value)];
    case 'boolean':
      return [value ? 't' : 'f'];
    case 'object':
      return value === null ? ['0'] : objectPart(value);
    default:
      return undefined;
  }
}

function objectPart(value: object): KeyPart | undefined {
  if (value instanceof Date) return ['d', String(value.getTime())];
  if (value instanceof Uint8Array) return ['b', Buffer.from(value).toString('base64')];
  if (Array.isArray(value)) {
    const parts = value.map(keyPart);
    return parts.every((part) => part !== undefined) ? ['a', parts] : undefined;
  }
  try {
    return SqlJson.is(value) ? ['j', JSON.stringify(value.value)] : ['o', JSON.stringify(value)];
  } catch {
    return undefined;
  }
}
