import { expect, test } from 'vitest';
import { env } from '../../src/index.js';
import { loadField } from '../support/load-field.js';

test.each(['true', 'TRUE', 'True', '1', 'yes', 'on', 'ON'])('%j is true', (text) => {
  expect(loadField(env.bool(), text)).toEqual({ value: true, problems: [] });
});

test.each(['false', 'FALSE', '0', 'no', 'off', 'Off'])('%j is false', (text) => {
  expect(loadField(env.bool(), text)).toEqual({ value: false, problems: [] });
});

test.each(['n', 'y', ' true ', '  ', '2', '-1', '00', 'enabled', 'null', 'undefined', 'yes please', 'truе'])(
  '%j is a problem, not a guess',
  (text) => {
    expect(loadField(env.bool(), text).problems).toMatchObject([{ name: 'X', expected: 'true or false' }]);
  },
);

test('an empty text is not false: it counts as not set', () => {
  expect(loadField(env.bool(), '').problems).toMatchObject([{ code: 'missing' }]);
  expect(loadField(env.bool().default(true), '')).toEqual({ value: true, problems: [] });
});
