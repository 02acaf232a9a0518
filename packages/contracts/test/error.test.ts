import { describe, expect, it, vi } from 'vitest';
import { SeaworthyError } from '../src/error.js';

class PoolError extends SeaworthyError {
  static override readonly kind: string = 'PoolError';
}

class AcquireError extends PoolError {
  static override readonly kind: string = 'AcquireError';
}

describe('SeaworthyError', () => {
  it('knows its own kind and those it derives from, and no other', () => {
    const error = new AcquireError('too many', { code: 'DB_ACQUIRE_TIMEOUT' });
    expect(AcquireError.is(error)).toBe(true);
    expect(PoolError.is(error)).toBe(true);
    expect(SeaworthyError.is(error)).toBe(true);
    expect(AcquireError.is(new PoolError('x', { code: 'X' }))).toBe(false);
    for (const other of [new Error('x'), null, undefined, 'PoolError', { code: 'X' }]) {
      expect(SeaworthyError.is(other)).toBe(false);
    }
  });

  it('is recognised when another copy of the module made it', async () => {
    vi.resetModules();
    const copy = await import('../src/error.js');
    expect(copy.SeaworthyError).not.toBe(SeaworthyError);
    expect(SeaworthyError.is(new copy.SeaworthyError('x', { code: 'X' }))).toBe(true);
  });

  it('carries name, code and cause, and prints neither stack nor cause as JSON', () => {
    const cause = new Error('inner');
    const error = new AcquireError('too many', { code: 'DB_ACQUIRE_TIMEOUT', cause });
    expect(error.name).toBe('AcquireError');
    expect(error.cause).toBe(cause);
    expect(String(error.stack)).toMatch(/^(AcquireError|Error): too many/);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'AcquireError',
      code: 'DB_ACQUIRE_TIMEOUT',
      message: 'too many',
    });
    expect('cause' in new SeaworthyError('x', { code: 'X' })).toBe(false);
  });
});
