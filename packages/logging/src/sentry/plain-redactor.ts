import { redactText } from '../redaction/redact-text.js';
import { secretNames } from '../redaction/secret-names.js';
import { type SecretValue, secretValues, valuePatterns } from '../redaction/value-patterns.js';
import type { EnvelopeRedactor } from './redact-envelope.js';

export interface PlainRedactOptions {
  /** Names that are secret in this application, besides the built-in ones. @defaultValue [] */
  readonly keys?: readonly string[];
  /** Names that are shown although a built-in rule calls them secret. @defaultValue [] */
  readonly allow?: readonly string[];
  /** What is taken out wherever it stands, by its looks. @defaultValue all of them */
  readonly values?: readonly SecretValue[];
}

const replacement = '[redacted]';

/** What is nested deeper is not shown. */
const maxDepth = 32;

/**
 * The redactor of the logs, by the same rules of names and looks, for plain data alone: it needs nothing of Node, so that it runs in a
 * browser.
 */
export function plainRedactor({
  keys = [],
  allow = [],
  values = secretValues,
}: PlainRedactOptions): EnvelopeRedactor {
  const names = secretNames({ keys, allow });
  const patterns = valuePatterns(values, replacement, undefined);
  const text = (value: string): string => patterns.redact(redactText(value, names, replacement));

  /** @param path - what the value stands in. */
  function redact(value: unknown, path: readonly object[]): unknown {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value === 'function') return undefined; // a toJSON would be asked for what stands here
    if (typeof value !== 'object' || value === null) return value;
    if (path.length > maxDepth) return '[too deep]';
    if (path.includes(value)) return '[circular]';
    const within = [...path, value];
    if (Array.isArray(value)) {
      const [name, ...rest] = value;
      // A header as a pair: ['cookie', 'a=1'].
      if (rest.length === 1 && isSecret(name, rest[0])) return [name, replacement];
      return value.map((item) => redact(item, within));
    }
    const result: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      result[text(name)] = isSecret(name, member) ? replacement : redact(member, within);
    }
    return result;
  }

  /** Whether there is one says nothing: booleans and null are shown. */
  function isSecret(name: unknown, value: unknown): boolean {
    if (typeof name !== 'string' || value === null || value === undefined) return false;
    return typeof value !== 'boolean' && names.has(name);
  }

  return { redact: (value) => redact(value, []), redactText: text };
}
