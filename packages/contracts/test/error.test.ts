import assert from 'node:assert';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { SeaworthyError } from '../src/error.js';
import { errorCode } from '../src/error-code.js';

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

  it('is not what cannot be asked: a revoked proxy, a getter that throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throwing = new Proxy({}, { get: () => assert.fail() });
    for (const other of [proxy, throwing]) expect(AcquireError.is(other)).toBe(false);
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

describe('errorCode', () => {
  it('finds the code of an error of another realm, and survives what cannot be asked', () => {
    expect(errorCode(runInNewContext("Object.assign(new Error('x'), { code: 'ENOENT' })"))).toBe('ENOENT');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const throwing = Object.defineProperty({}, 'code', { get: () => assert.fail() });
    for (const other of [new Error('x'), { code: 7 }, 'ENOENT', null, undefined, proxy, throwing]) {
      expect(errorCode(other)).toBeUndefined();
    }
  });
});
