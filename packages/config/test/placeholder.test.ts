import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Secret } from '@seaworthy/contracts';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env } from '../src/index.js';
import { placeholderFault } from '../src/placeholder.js';
import { configErrorOf, loadField } from './support/load-field.js';

const good = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';
const guideDefault = 'development-secret-key-change-in-production';
const key = env.string().secret();

describe('a secret', () => {
  test('is a Secret that reveals exactly what was set', () => {
    const { value } = loadField(key, good, 'production');
    expect(Secret.is(value) && value.reveal()).toBe(good);
    expect(String(value)).toBe('[secret X]');
  });

  test('[row 6] of 31 bytes is refused everywhere, and the known placeholder in staging and production', () => {
    for (const profile of ['development', 'test', 'staging', 'production']) {
      expect(loadField(key, good, profile).problems).toEqual([]);
      expect(loadField(key, good.slice(1), profile).problems).toMatchObject([
        { message: 'is shorter than 32 bytes', fix: 'Make a new one: openssl rand -base64 32' },
      ]);
      const hardened = profile === 'staging' || profile === 'production';
      expect(loadField(key, guideDefault, profile).problems).toMatchObject(
        hardened ? [{ code: 'insecure', message: 'is a well-known placeholder' }] : [],
      );
    }
  });

  test('is measured in bytes, not in characters', () => {
    const eightSigns = '🦊🐙🌵🎲🪐🧭🪁🫐'; // 8 signs, 16 UTF-16 units, 32 bytes
    expect(loadField(key, eightSigns).problems).toEqual([]);
    expect(loadField(key, 'ü'.repeat(15)).problems).toHaveLength(1);
  });

  test('of somebody else may be shorter when the schema says so', () => {
    const foreign = env.string().secret({ minBytes: 8 });
    expect(loadField(foreign, 'x9!fQ2_z', 'production').problems).toEqual([]);
    expect(loadField(foreign, 'x9!fQ2_', 'production').problems).toHaveLength(1);
  });
});

test.each([
  'a'.repeat(32),
  'ab'.repeat(16),
  'deadbeef'.repeat(4),
  '0123456789'.repeat(4),
  '12345678901234567890123456789012',
  'abcdefghijklmnopqrstuvwxyzabcdefgh',
  'zyxwvutsrqponmlkjihgfedcba9876543210',
  'your-super-secret-key-your-super-secret-key-x',
  'YOUR_API_KEY_HERE_YOUR_API_KEY_HERE!',
  '$(openssl rand -base64 32) and so on',
  'prefix-$' + '{JWT_SECRET}-which-nobody-expanded',
  '<put a long random text in here please>',
  'please-change-me-before-you-go-live-ok',
  'this-is-only-an-example-key-0123456789',
  'MyPassword-MyPassword-MyPassword-2024',
  'deadbeefdeadbeefdeadbeefdeadbeef1',
  'xdeadbeefdeadbeefdeadbeefdeadbeef',
  'zebra77zebra77zebra77zebra77zebra77ze',
  'zebra1zebra2zebra3zebra4zebra5zebra6',
  'our-own-k1-aaaaaaaaaaaaaaaaaaaaaaaaaa',
  'a-string-secret-at-least-256-bits-long',
  'your-256-bit-secret-your-256-bit-!',
  'keyboard cat, but somewhat longer 99',
  'ThisIsASecretThatNobodyShouldGuess!!',
  'hunter2-is-what-i-see-when-you-type',
  'correct horse battery staple, says he',
  'kpi-jwt-secret-for-all-environments-1',
])('%j is refused in production', (text) => {
  expect(loadField(key, text, 'production').problems).toMatchObject([{ code: 'insecure' }]);
  expect(loadField(key, text, 'development').problems).toEqual([]);
});

test.each(['postgres', 'root', 'changeme', 'Admin', 'todo', 'p4ssword'])(
  'the short stand-in %j is refused',
  (text) => {
    const short = env.string().secret({ minBytes: 1 });
    expect(loadField(short, text, 'staging').problems).toMatchObject([{ code: 'insecure' }]);
  },
);

test('a key of several lines with the same words at its beginning and its end passes, and so does a JSON text', () => {
  const pem = `-----BEGIN PRIVATE KEY-----\n${randomBytes(96).toString('base64')}\n-----END PRIVATE KEY-----\n`;
  const account = JSON.stringify({
    auth_uri: 'https://accounts.google.internal/o/oauth2/auth',
    token_uri: 'https://accounts.google.internal/o/oauth2/token',
    private_key: pem,
  });
  for (const text of [pem, account]) expect(placeholderFault(text)).toBeUndefined();
});

test('10,000 random secrets of every usual notation all pass', () => {
  for (let round = 0; round < 2_500; round += 1) {
    const bytes = randomBytes(32);
    const digits = BigInt(`0x${bytes.toString('hex')}`)
      .toString()
      .padStart(78, '7');
    for (const text of [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      digits,
    ]) {
      if (placeholderFault(text) !== undefined) expect.fail(`refused ${text}`);
    }
  }
  expect(placeholderFault('changeme')).toBeDefined();
});

describe('the password of a URL', () => {
  const database = env.url({ protocols: ['postgres:'] }).secret();

  test.each([
    'postgres://app:password@h/db',
    'postgres://postgres:postgres@h/db',
    'postgres://app:%63hangeme@h/db',
    'postgres://h/db?user=app&password=changeme',
    'postgres://app:x9fQ2zL7@h/db?password=chang%65me',
  ])('is refused in production when it is a placeholder: %j', (text) => {
    expect(loadField(database, text, 'production').problems).toMatchObject([{ code: 'insecure' }]);
    expect(loadField(database, text, 'development').problems).toEqual([]);
  });

  test('is looked at where a start decides alone, too', () => {
    const start = defineConfig({ fields: { X: database } });
    const load = (X: string) => start.load({ env: { APP_ENV: 'production', X }, cwd: '/nonexistent' });
    expect(() => load('postgres://h/db?user=app&password=changeme')).toThrow('well-known placeholder');
    expect(load('postgres://h/db?user=app&password=x9fQ2zL7').X.reveal()).toContain('x9fQ2zL7');
  });

  test('may be absent, and the rest of the URL is not looked at', () => {
    expect(loadField(database, 'postgres://app@h/development', 'production').problems).toEqual([]);
    expect(loadField(database, 'postgres://app:x9fQ2zL7@example.com/db', 'production').problems).toEqual([]);
  });
});

describe('the development default of a secret', () => {
  const own = 'Vq8-not-a-known-word-but-in-the-source';
  const field = env
    .string()
    .secret()
    .default(own, { only: ['development', 'test'] });

  test('stands in for it in development', () => {
    const { value } = loadField(field, undefined, 'development');
    expect(Secret.is(value) && value.reveal()).toBe(own);
  });

  test('does not stand in for it in production, and is refused there as a value', () => {
    expect(loadField(field, undefined, 'production').problems).toMatchObject([{ code: 'missing' }]);
    expect(loadField(field, own, 'production').problems).toMatchObject([
      { code: 'insecure', message: 'is the development default, which stands in the source code' },
    ]);
  });

  test('is not printed with the field or the schema that holds it', () => {
    const schema = defineConfig({ fields: { KEY: field } });
    expect(inspect([field, schema], { depth: 20 })).not.toContain(own);
    expect(JSON.stringify([field, schema])).not.toContain(own);
    expect(schema.toEnvExample() + schema.toMarkdown()).not.toContain(own);
  });

  test('is refused for staging and production when the configuration is defined, without being printed', () => {
    const define = () => defineConfig({ fields: { KEY: env.string().default(own).secret() } });
    expect(define).toThrow("limit it with { only: ['development', 'test'] }");
    expect(define).not.toThrow(own);
  });
});

test('an option of a secret that is undefined takes nothing of the 32 bytes away, in fields and in whole schemas', () => {
  const options = { minBytes: undefined, generate: undefined } as never;
  const whole = defineConfig(z.object({ X: z.string() }), { secrets: { X: options } });
  for (const schema of [defineConfig({ fields: { X: env.string().secret(options) } }), whole]) {
    const load = () => schema.load({ env: { X: 'k7Qp2xVb9LmZ4tR' }, cwd: '/nonexistent' });
    expect(configErrorOf(load).problems).toMatchObject([
      { message: 'is shorter than 32 bytes', fix: 'Make a new one: openssl rand -base64 32' },
    ]);
  }
});
