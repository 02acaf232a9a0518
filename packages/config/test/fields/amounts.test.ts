import { describe, expect, test } from 'vitest';
import { env } from '../../src/index.js';
import { loadField } from '../support/load-field.js';

describe('env.duration', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['1.5h', 5_400_000],
    ['0s', 0],
  ])('reads %j', (text, ms) => {
    expect(loadField(env.duration(), text).value).toEqual({ ms, seconds: ms / 1000 });
  });

  test.each(['7D', '1M', '100', '86400', '1h 30m', ' 5m', '  ', '-1h', '0', 'P7D', '30m1h', 'd', '1e3s'])(
    'refuses %j',
    (text) => {
      expect(loadField(env.duration(), text).problems).toMatchObject([{ code: 'invalid' }]);
    },
  );

  test('refuses what is outside of its bounds and names them', () => {
    const field = env.duration({ min: '1m', max: '30d' });
    for (const text of ['59s', '31d']) {
      expect(loadField(field, text).problems).toMatchObject([
        { expected: 'a duration such as 30s, 15m, 1h30m or 7d, at least 1m, at most 4w2d' },
      ]);
    }
  });
});

describe('env.bytes', () => {
  test.each([
    ['512', 512],
    ['10mb', 10 * 1024 ** 2],
    ['10MiB', 10 * 1024 ** 2],
    ['10m', 10 * 1024 ** 2],
    ['1.5g', 1.5 * 1024 ** 3],
  ])('reads %j', (text, bytes) => {
    expect(loadField(env.bytes(), text).value).toBe(bytes);
  });

  test.each(['', '  ', '10 mb', '-1', '1.0001b', '10mbit', '1e3', '0x10'])('refuses %j', (text) => {
    expect(loadField(env.bytes(), text).problems).toHaveLength(1);
  });

  test('refuses what is outside of its bounds', () => {
    expect(loadField(env.bytes({ min: '1kb' }), '1023').problems).toMatchObject([
      { message: 'is too small' },
    ]);
    expect(loadField(env.bytes({ max: '1mb' }), '2mb').problems).toMatchObject([{ message: 'is too large' }]);
  });
});

test.each([
  ['1.005s', 1_005],
  ['0.5ms', undefined],
  ['1.0005s', undefined],
  ['0.0000000001w', undefined],
  ['9007199254740991ms', Number.MAX_SAFE_INTEGER],
  ['9007199254740992ms', undefined],
  [`${'9'.repeat(400)}d`, undefined],
])('a duration of %s is read to the millisecond or refused, never rounded', (text, ms) => {
  const { value, problems } = loadField(env.duration(), text);
  expect(problems).toHaveLength(ms === undefined ? 1 : 0);
  expect((value as { readonly ms: number } | undefined)?.ms).toBe(ms);
});
