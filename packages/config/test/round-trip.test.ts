import { formatBytes, formatDuration, Secret } from '@seaworthy/contracts';
import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { env, type Field, type StandardSchema } from '../src/index.js';
import { loadField } from './support/load-field.js';

/** What the field reads from the text that a value is written as. */
function reread(field: Field | StandardSchema, text: string): unknown {
  const { value, problems } = loadField(field, text);
  expect(problems).toEqual([]);
  return value;
}

function readsBack(field: Field | StandardSchema, text: string, value: unknown): void {
  expect(reread(field, text)).toEqual(value);
}

const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019_-.~'), minLength: 1, maxLength: 12 });

describe('what is written as documented is read back the same', () => {
  const int = env.int();
  test('int', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => readsBack(int, String(value), value)));
  });

  const number = env.number();
  test('number', () => {
    const finite = fc
      .double({ noDefaultInfinity: true, noNaN: true })
      .filter((value) => !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value)));
    fc.assert(fc.property(finite, (value) => readsBack(number, String(value), value)));
  });

  const port = env.port();
  test('port', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), (value) => readsBack(port, `${value}`, value)),
    );
  });

  const bool = env.bool();
  test('bool', () => {
    fc.assert(fc.property(fc.boolean(), (value) => readsBack(bool, String(value), value)));
  });

  const string = env.string({ multiline: true });
  test('string', () => {
    const accident = /^[\s\u200b\u2060]|[\s\u200b\u2060]$|^$|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffd]/;
    const texts = fc.string({ unit: 'grapheme' }).filter((text) => !accident.test(text));
    fc.assert(fc.property(texts, (value) => readsBack(string, value, value)));
  });

  const duration = env.duration();
  test('duration', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(23), fc.nat(59), fc.nat(999), (d, h, m, ms) => {
        const total = d * 86_400_000 + h * 3_600_000 + m * 60_000 + ms;
        expect(reread(duration, `${d}d${h}h${m}m${ms}ms`)).toEqual({ ms: total, seconds: total / 1000 });
      }),
    );
  });

  const url = env.url({ protocols: ['postgres:'] });
  test('url, with any user and password that are percent-encoded', () => {
    const credential = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(credential, credential, word, (user, password, database) => {
        const text = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h:5432/${database}`;
        const read = new URL(String(reread(url, text)));
        expect(decodeURIComponent(read.password)).toBe(password);
        expect(read.hostname).toBe('h');
      }),
    );
  });

  test('url: no unencoded password ever moves the host', () => {
    const nasty = fc.string({ unit: fc.constantFrom(...'ab1@/?#:%\\ '), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(nasty, (password) => {
        const { value } = loadField(url, `postgres://user:${password}@real-host/db`);
        if (value !== undefined) expect(new URL(String(value)).hostname).toBe('real-host');
      }),
      { numRuns: size({ test: 5_000, soak: 200_000 }) },
    );
  });

  const bytes = env.bytes();
  test('bytes', () => {
    const amount = fc.oneof(
      fc.nat(),
      fc.maxSafeInteger().map(Math.abs),
      fc.nat(1023).map((n) => n * 1024 ** 3),
    );
    fc.assert(
      fc.property(amount, (value) => {
        readsBack(bytes, String(value), value);
        readsBack(bytes, formatBytes(value), value);
      }),
    );
  });

  test('duration, as the shortest text of it', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger().map(Math.abs), (ms) =>
        readsBack(duration, formatDuration(ms), { ms, seconds: ms / 1000 }),
      ),
    );
  });

  const origin = env.origin();
  test('origin, as browsers write it', () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ['http', 'https'] }), (text) => {
        const { origin: value, hostname } = new URL(text);
        if (/[a-z0-9]/i.test(hostname)) readsBack(origin, value, value);
      }),
    );
  });

  const email = env.email();
  test('email', () => {
    const label = fc.string({ unit: fc.constantFrom(...'abz09'), minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(
        word.map((text) => text.replaceAll('.', '')),
        label,
        (name, host) => {
          if (name !== '') readsBack(email, `${name}@${host}.example`, `${name}@${host}.example`);
        },
      ),
    );
  });

  test('oneOf', () => {
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1 }), fc.nat(), (words, place) => {
        const [first = 'a', ...more] = words;
        const value = words[place % words.length];
        readsBack(env.oneOf([first, ...more]), String(value), value);
      }),
    );
  });

  test('a secret', () => {
    const key = env.string().secret();
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 48 }), (random) => {
        const text = Buffer.from(random).toString('base64');
        const value = reread(key, text);
        expect(Secret.is(value) && value.reveal()).toBe(text);
      }),
    );
  });

  test('booleans, numbers, bigints and dates of zod', () => {
    const dates = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.boolean(), fc.maxSafeInteger(), fc.bigInt(), dates, (flag, whole, big, date) => {
        readsBack(z.coerce.boolean(), String(flag), flag);
        readsBack(z.number(), String(whole), whole);
        readsBack(z.bigint(), String(big), big);
        readsBack(z.coerce.date(), date.toISOString(), date);
      }),
    );
  });

  const list = env.list(env.string(), { min: 0 });
  test('list', () => {
    fc.assert(fc.property(fc.array(word, { minLength: 1 }), (items) => readsBack(list, items.join(), items)));
  });

  const json = env.json();
  test('json', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        expect(reread(json, JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

test('a default is read back as the value that was written in code', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(), fc.nat(), fc.array(word), (int, ms, bytes, items) => {
      expect(loadField(env.int().default(int), undefined).value).toBe(int);
      expect(loadField(env.duration().default(ms), undefined).value).toEqual({ ms, seconds: ms / 1000 });
      expect(loadField(env.bytes().default(bytes), undefined).value).toBe(bytes);
      expect(loadField(env.list(env.string(), { min: 0 }).default(items), undefined).value).toEqual(items);
      expect(loadField(env.json().default({ items }), undefined).value).toEqual({ items });
    }),
  );
});
