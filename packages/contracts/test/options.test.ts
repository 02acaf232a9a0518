import { describe, expect, it } from 'vitest';
import { nearest } from '../src/nearest.js';
import { OptionsError, optionsOf, wholeNumber } from '../src/options.js';

interface PoolOptions {
  readonly max?: number;
  readonly idleTimeout?: string;
}

const readOptions = optionsOf<PoolOptions>('createPool', { max: true, idleTimeout: true });

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (OptionsError.is(error)) return `${error.code} ${error.message}`;
  }
  return 'nothing thrown';
}

describe('optionsOf', () => {
  it('returns the options it was given', () => {
    const options = { max: 3 };
    expect(readOptions(options)).toBe(options);
  });

  it('throws for an unknown option and names the nearest right one', () => {
    expect(messageOf(() => readOptions({ idelTimeout: '30s' } as PoolOptions))).toBe(
      'UNKNOWN_OPTION createPool: unknown option "idelTimeout". Did you mean "idleTimeout"?',
    );
  });

  it('lists what is known when nothing is near', () => {
    expect(messageOf(() => readOptions({ colour: 1 } as PoolOptions))).toBe(
      'UNKNOWN_OPTION createPool: unknown option "colour". Known: max, idleTimeout.',
    );
  });

  it('refuses what is no options object', () => {
    for (const given of [null, 'max', [1]]) {
      expect(messageOf(() => readOptions(given as unknown as PoolOptions))).toContain(
        'INVALID_OPTION createPool takes',
      );
    }
  });

  it('is not fooled by names from Object.prototype', () => {
    expect(messageOf(() => readOptions({ constructor: 1 } as PoolOptions))).toContain('UNKNOWN_OPTION');
  });
});

describe('wholeNumber', () => {
  it('returns a number in range and names option and range otherwise', () => {
    expect(wholeNumber('createPool', 'max', 20, { min: 1 })).toBe(20);
    for (const value of [0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3' as unknown as number]) {
      expect(messageOf(() => wholeNumber('createPool', 'max', value, { min: 1 }))).toBe(
        'INVALID_OPTION createPool: option "max" must be a whole number of at least 1.',
      );
    }
    expect(messageOf(() => wholeNumber('listen', 'port', 70_000, { max: 65_535 }))).toContain(
      'from 0 to 65535',
    );
  });
});

describe('nearest', () => {
  it.each([
    ['JWT_SECERT', 'JWT_SECRET'],
    ['jwt_secret', 'JWT_SECRET'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['PROT', 'PORT'],
    ['ma', 'max'],
  ])('takes %s for %s', (given, meant) => {
    expect(nearest(given, ['JWT_SECRET', 'DATABASE_URL', 'PORT', 'max'])).toBe(meant);
  });

  it('takes a name that is far from all for none', () => {
    expect(nearest('COLOUR', ['JWT_SECRET', 'PORT'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
