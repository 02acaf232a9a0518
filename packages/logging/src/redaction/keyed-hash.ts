import { createHmac } from 'node:crypto';
import { invalidOption, optionsOf, Secret } from '@seaworthy/contracts';

export interface HashOptions {
  /** Who has it can tell whose lines are whose; at least 16 characters. Change it, and nobody is the same as before. */
  readonly key: Secret | string;
  /** Names whose values are hashed: `['userId']`. @defaultValue [] */
  readonly keys?: readonly string[];
  /** Hash e-mail addresses in texts, too. @defaultValue false */
  readonly email?: boolean;
}

/** Tells values apart without showing them. */
export interface KeyedHash {
  has(name: string): boolean;
  /** Of a text or a number; nothing else can be told apart without being shown. */
  of(value: unknown): string | undefined;
}

const readOptions = optionsOf<HashOptions>('redact.hash', { key: true, keys: true, email: true });

/** HMAC costs ten times what the rest of a line does, and few users are active at once. */
const remembered = 2_000;

/** 64 bits: among a million users, two are taken for one with a chance of 1 to 37 million. */
const digits = 16;

/** HMAC-SHA-256 of a value's text; capitals do not count, because they do not in an e-mail address. */
export function keyedHash(options: HashOptions): KeyedHash {
  const { key, keys = [] } = readOptions(options);
  const secret = Secret.is(key) ? String(key.reveal()) : key;
  if (typeof secret !== 'string' || secret.length < 16) {
    throw invalidOption('redact.hash', 'key', 'a secret of at least 16 characters');
  }
  const names = new Set(keys.map(normalise));
  const known = new Map<string, string>();

  return {
    has: (name) => names.has(normalise(name)),
    of(value) {
      const text = textOf(value);
      if (text === undefined) return undefined;
      let hash = known.get(text);
      if (hash === undefined) {
        hash = `hash:${createHmac('sha256', secret).update(text).digest('hex').slice(0, digits)}`;
        if (known.size >= remembered) known.clear();
        known.set(text, hash);
      }
      return hash;
    },
  };
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.toLowerCase();
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

function normalise(name: string): string {
  return name
    .slice(0, 256)
    .toLowerCase()
    .replace(/[-_.\s]/g, '');
}
