import { describe, expect, test } from 'vitest';
import { env } from '../../src/index.js';
import { loadField } from '../support/load-field.js';

const refusedEverywhere = [
  '  ',
  ' 1',
  '1\n',
  '12abc',
  '1_000',
  '1,000',
  '0x10',
  '08',
  '+5',
  '٣',
  'Infinity',
  'NaN',
  '-0',
  '--1',
  'undefined',
  'null',
  '9007199254740993',
];

describe('env.int', () => {
  test.each([
    ['0', 0],
    ['-7', -7],
    ['900000', 900_000],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('reads %j', (text, value) => {
    expect(loadField(env.int(), text)).toEqual({ value, problems: [] });
  });

  test.each([...refusedEverywhere, '5.', '.5', '1.0', '1e3', '1e400'])('refuses %j', (text) => {
    expect(loadField(env.int(), text).problems).toMatchObject([{ name: 'X', code: 'invalid' }]);
  });

  test('refuses what is outside of its bounds and names them', () => {
    const field = env.int({ min: 1, max: 10 });
    expect(loadField(field, '1').value).toBe(1);
    expect(loadField(field, '10').value).toBe(10);
    for (const text of ['0', '11']) {
      expect(loadField(field, text).problems).toMatchObject([{ expected: 'a whole number from 1 to 10' }]);
    }
  });
});

describe('env.number', () => {
  test.each([
    ['0.5', 0.5],
    ['-3', -3],
    ['1e3', 1000],
    ['1E-7', 1e-7],
    ['9.007199254740991e15', Number.MAX_SAFE_INTEGER],
    ['0e5', 0],
  ])('reads %j', (text, value) => {
    expect(loadField(env.number(), text)).toEqual({ value, problems: [] });
  });

  test.each([...refusedEverywhere, '5.', '.5', '1e400', '-0.0', '1e'])('refuses %j', (text) => {
    expect(loadField(env.number(), text).problems).toMatchObject([{ name: 'X', code: 'invalid' }]);
  });

  test.each([
    ['9007199254740993.0', 'large'],
    ['9007199254740992.5', 'large'],
    ['9.007199254740993e15', 'large'],
    ['1e+21', 'large'],
    ['-1e300', 'large'],
    ['1e-400', 'small'],
    ['-1e-400', 'small'],
    [`0.${'0'.repeat(400)}1`, 'small'],
  ])('refuses %j, which a double would round in silence', (text, too) => {
    expect(loadField(env.number(), text).problems).toMatchObject([
      { message: `is too ${too} to be held exactly` },
    ]);
  });

  test('refuses what is outside of its bounds', () => {
    expect(loadField(env.number({ min: 0.5 }), '0.4').problems).toMatchObject([
      { message: 'is too small', expected: 'a decimal number of at least 0.5' },
    ]);
    expect(loadField(env.number({ max: 1 }), '1.1').problems).toMatchObject([{ message: 'is too large' }]);
  });
});

describe('env.port', () => {
  test.each(['1', '3001', '65535'])('reads %j', (text) => {
    expect(loadField(env.port(), text).value).toBe(Number(text));
  });

  test.each([...refusedEverywhere, '0', '65536', '-1', '3001.5', '1e3'])('refuses %j', (text) => {
    expect(loadField(env.port(), text).problems).toHaveLength(1);
  });

  test('accepts 0 when asked to', () => {
    expect(loadField(env.port({ allowZero: true }), '0').value).toBe(0);
  });

  test('recognises a service link of Docker or Kubernetes and says how to switch them off', () => {
    const [problem] = loadField(env.port(), 'tcp://10.0.0.1:6379').problems;
    expect(problem).toMatchObject({
      message: 'is what Docker and Kubernetes inject for a service of the same name',
    });
    expect(problem?.fix).toContain('enableServiceLinks: false');
  });
});

test.each([
  ['min', () => env.int({ min: Number.NaN })],
  ['max', () => env.int({ min: 5, max: 4 })],
])('a bound that cannot work is refused when it is written: %s', (name, make) => {
  expect(make).toThrow(`option "${name}" must be`);
});
