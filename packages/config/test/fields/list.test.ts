import { Secret } from '@seaworthy/contracts';
import { expect, test } from 'vitest';
import { env } from '../../src/index.js';
import { loadField } from '../support/load-field.js';

test('reads items of any kind; blanks around them do not count', () => {
  const origins = 'https://a.example, https://b.example';
  expect(loadField(env.list(env.origin()), origins).value).toEqual([
    'https://a.example',
    'https://b.example',
  ]);
  expect(loadField(env.list(env.int()), '1,2 , 3').value).toEqual([1, 2, 3]);
});

test('the list and its items are frozen', () => {
  const { value } = loadField(env.list(env.duration()), '1s,2s');
  expect(Object.isFrozen(value)).toBe(true);
  expect(Array.isArray(value) && value.every((item) => Object.isFrozen(item))).toBe(true);
});

test.each(['a,', ',a', 'a,,b', 'a, ,b'])('an empty item in %j is a problem at its place', (text) => {
  const path = `[${text.split(',').findIndex((item) => item.trim() === '')}]`;
  expect(loadField(env.list(env.string()), text).problems).toMatchObject([{ message: 'is empty', path }]);
});

test('every wrong item is a problem of its own', () => {
  expect(loadField(env.list(env.int()), '1,x,3,y').problems).toMatchObject([
    { path: '[1]' },
    { path: '[3]' },
  ]);
});

test('a repeated item is refused when items must be unique', () => {
  expect(loadField(env.list(env.string()), 'a,b,a').value).toEqual(['a', 'b', 'a']);
  expect(loadField(env.list(env.string(), { unique: true }), 'a,b,a').problems).toMatchObject([
    { path: '[2]' },
  ]);
});

test('the number of items is bounded', () => {
  const field = env.list(env.string(), { min: 2, max: 3 });
  expect(loadField(field, 'a').problems).toMatchObject([{ message: 'has fewer than 2 items' }]);
  expect(loadField(field, 'a,b,c,d').problems).toMatchObject([{ message: 'has more than 3 items' }]);
  expect(loadField(env.list(env.string()), 'a,'.repeat(1_000)).problems).toMatchObject([
    { message: 'has more than 1000 items' },
  ]);
});

test('a wildcard among origins is refused', () => {
  expect(loadField(env.list(env.origin()), 'https://a.example,*').problems).toMatchObject([
    { path: '[1]', message: 'allows every origin' },
  ]);
});

test('a list of secrets gives secrets, each checked', () => {
  const keys = env.list(env.string().secret());
  const good = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue,Zt5Rb8Wq1Xn4Kc7Mv0Ly3Pd6Gh9Js2Fa';
  const { value } = loadField(keys, good, 'production');
  expect(Array.isArray(value) && value.every((item) => Secret.is(item))).toBe(true);
  expect(JSON.stringify(value)).toBe('["[secret X[0]]","[secret X[1]]"]');
  expect(loadField(keys, `${good},short`, 'production').problems).toMatchObject([
    { path: '[2]', message: 'is shorter than 32 bytes' },
  ]);
});

test('a default may be an empty list', () => {
  expect(loadField(env.list(env.string(), { min: 0 }).default([]), undefined).value).toEqual([]);
});

test('a default whose item holds the separator is refused when the configuration is defined', () => {
  expect(() => loadField(env.list(env.string()).default(['a,b']), undefined)).toThrow('holds the separator');
});

test.each([
  ['a default', () => env.list(env.int().default(1))],
  [
    'a default of some profiles',
    () =>
      env.list(
        env
          .string()
          .secret()
          .default('x'.repeat(32), { only: ['test'] }),
      ),
  ],
  ['optional()', () => env.list(env.int().optional() as never)],
  ['client()', () => env.list(env.string().client() as never)],
])('%s of an item, which nothing would follow, is refused when the list is made', (_, make) => {
  expect(make).toThrow('call them on the list');
});
