import { describe, expect, it } from 'vitest';
import { hashPassword, verifyPassword } from '../src/password.js';

describe('passwords', () => {
  it('accepts the password that was hashed and no other', async () => {
    const stored = await hashPassword('correct horse battery');
    expect(stored).toMatch(/^scrypt\$32768\$8\$3\$/);
    expect(stored).not.toContain('correct');
    await expect(verifyPassword('correct horse battery', stored)).resolves.toBe(true);
    await expect(verifyPassword('correct horse batterx', stored)).resolves.toBe(false);
  });

  it('salts every hash', async () => {
    expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
  });

  it('does the work for an unknown user and refuses', async () => {
    await expect(verifyPassword('anything', undefined)).resolves.toBe(false);
  });

  it('takes a password however the keyboard composed it', async () => {
    const stored = await hashPassword('caf\u00e9 caf\u00e9');
    await expect(verifyPassword('cafe\u0301 cafe\u0301', stored)).resolves.toBe(true);
  });
});
