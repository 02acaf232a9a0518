import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ApiError, problemOf } from '../src/api-error.js';
import { parse } from '../src/parse.js';

describe('problemOf', () => {
  it('shows an ApiError as it was written', () => {
    const error = new ApiError(409, 'EMAIL_TAKEN', 'There is an account.', [
      { path: 'email', message: 'taken' },
    ]);
    expect(problemOf(error, { requestId: 'r1' })).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      code: 'EMAIL_TAKEN',
      detail: 'There is an account.',
      errors: [{ path: 'email', message: 'taken' }],
      requestId: 'r1',
    });
  });

  it('says nothing of an unforeseen error unless it may', () => {
    const error = new Error('canary at secret-host');
    expect(JSON.stringify(problemOf(error))).not.toContain('canary');
    expect(problemOf(error, { detailed: true }).detail).toContain('canary at secret-host');
    expect(problemOf('thrown text').status).toBe(500);
  });

  it('keeps the status of what a body parser refused, without its text', () => {
    const tooLarge = Object.assign(new Error('canary'), { status: 413 });
    expect(problemOf(tooLarge)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
    const malformed = Object.assign(new Error('canary'), { statusCode: 400 });
    expect(JSON.stringify(problemOf(malformed))).not.toContain('canary');
  });
});

describe('parse', () => {
  const schema = z.object({ email: z.email(), lines: z.array(z.object({ quantity: z.number() })) });

  it('names every field that is wrong, by its path', () => {
    let caught: unknown;
    try {
      parse(schema, { email: 'x', lines: [{ quantity: 1 }, { quantity: 'a' }] });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ApiError);
    expect((caught as ApiError).errors?.map(({ path }) => path)).toEqual(['email', 'lines.1.quantity']);
  });

  it('refuses the NUL character in any text, and names the field', () => {
    const nested = z.object({ name: z.string(), lines: z.array(z.object({ note: z.string() })) });
    let caught: unknown;
    try {
      parse(nested, { name: 'a\u0000', lines: [{ note: 'b' }, { note: '\u0000' }] });
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ status: 400, errors: [{ path: 'name' }, { path: 'lines.1.note' }] });
  });

  it('takes a missing body for an empty one', () => {
    expect(parse(z.object({ note: z.string().default('') }), undefined)).toEqual({ note: '' });
  });
});
