import * as argon2 from '@node-rs/argon2';
import { describe, expect, test } from 'vitest';
import { type Argon2Like, createPasswords } from '../src/login/index.js';

/** The real module, and what it was asked. */
function watched(): Argon2Like & { readonly verified: string[]; hashes: number } {
  return {
    verified: [],
    hashes: 0,
    hash(password, settings) {
      this.hashes += 1;
      return argon2.hash(password, settings);
    },
    verify(hashed, password) {
      this.verified.push(hashed);
      return argon2.verify(hashed, password);
    },
  };
}

const settingsOf = (hash: string): string => hash.split('$').slice(0, 4).join('$');
const sizesOf = (hash: string): readonly number[] => hash.split('$').map(({ length }) => length);
/** The least that is accepted, so that tests need no 128 MiB. */
const scryptCost = { costLog2: 13, parallelism: 10 };

describe('passwords with argon2', () => {
  test('are hashed by the settings of OWASP, and a right one is right', async () => {
    const passwords = createPasswords({ argon2 });
    const hash = await passwords.hash('correct horse');
    expect(settingsOf(hash)).toBe('$argon2id$v=19$m=19456,t=2,p=1');
    expect(await passwords.hash('correct horse')).not.toBe(hash);
    expect(await passwords.verify('correct horse', hash)).toEqual({ valid: true, rehashed: undefined });
    expect(await passwords.verify('Correct horse', hash)).toEqual({ valid: false, rehashed: undefined });
  });

  test('of a user that there is not cost the same verification as a wrong one', async () => {
    const module = watched();
    const passwords = createPasswords({ argon2: module });
    const hash = await passwords.hash('correct horse');
    const wrong = await passwords.verify('guess', hash);
    const unknown = await passwords.verify('guess', undefined);
    const without = await passwords.verify('guess', null); // who logs in at a provider alone
    expect([unknown, without]).toEqual([wrong, wrong]);
    const [first = '', second = '', third = '', ...more] = module.verified;
    expect(more).toEqual([]);
    for (const other of [second, third]) {
      expect([settingsOf(other), sizesOf(other)]).toEqual([settingsOf(first), sizesOf(first)]);
    }
    expect(module.hashes).toBe(1);
  });

  test('are refused, after the same work, where the hash cannot be read', async () => {
    const module = watched();
    const passwords = createPasswords({ argon2: module });
    for (const stored of ['', 'correct horse', '$argon2id$v=19$m=19456', '$scrypt$ln=63,r=8,p=1$AAAA$AAAA']) {
      module.verified.length = 0;
      expect(await passwords.verify('correct horse', stored)).toEqual({ valid: false, rehashed: undefined });
      expect(module.verified.at(-1)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    }
  });

  test.each([
    ['argon2 with other settings', createPasswords({ argon2, cost: { memoryKiB: 7_168, passes: 5 } })],
    ['scrypt', createPasswords({ argon2: false, scryptCost })],
  ])(
    'that were hashed with %s are hashed again at login, and only when they are right',
    async (_how, before) => {
      const passwords = createPasswords({ argon2, scryptCost });
      const old = await before.hash('correct horse');
      expect(await passwords.verify('wrong', old)).toEqual({ valid: false, rehashed: undefined });
      const { valid, rehashed = '' } = await passwords.verify('correct horse', old);
      expect([valid, settingsOf(rehashed)]).toEqual([true, '$argon2id$v=19$m=19456,t=2,p=1']);
      expect(await passwords.verify('correct horse', rehashed)).toEqual({ valid: true, rehashed: undefined });
    },
  );
});

describe('passwords without native code', () => {
  test('are hashed with scrypt by the settings of OWASP', async () => {
    const passwords = createPasswords({ argon2: false });
    const hash = await passwords.hash('correct horse');
    expect(hash).toMatch(/^\$scrypt\$ln=17,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await passwords.verify('correct horse', hash)).toEqual({ valid: true, rehashed: undefined });
    expect(await passwords.verify('wrong', hash)).toEqual({ valid: false, rehashed: undefined });
    expect(await passwords.verify('wrong', undefined)).toEqual({ valid: false, rehashed: undefined });
  });
});

test('settings below those of OWASP are refused at start', () => {
  expect(() => createPasswords({ argon2, cost: { memoryKiB: 7_168 } })).toThrow('at least 5 with 7168 KiB');
  expect(() => createPasswords({ argon2, cost: { memoryKiB: 1_024, passes: 50 } })).toThrow('cost.memoryKiB');
  expect(() => createPasswords({ argon2: false, scryptCost: { costLog2: 13 } })).toThrow('cost.parallelism');
  expect(() => createPasswords({ argon2: false, scryptCost: { costLog2: 10 } })).toThrow('cost.costLog2');
  expect(() => createPasswords({ argon2: {} as Argon2Like })).toThrow('@node-rs/argon2');
});

test('a password of more than 1024 bytes is never hashed', async () => {
  const passwords = createPasswords({ argon2 });
  const long = 'ß'.repeat(513);
  await expect(passwords.hash(long)).rejects.toMatchObject({ code: 'SECURITY_PASSWORD_TOO_LONG' });
  expect(await passwords.verify(long, await passwords.hash('x'))).toEqual({
    valid: false,
    rehashed: undefined,
  });
});

test('only so many are compared at once, so many wait, and the next is told that it is too many', async () => {
  const finish: Array<() => void> = [];
  let most = 0;
  const slow: Argon2Like = {
    hash: async () => '',
    verify: () =>
      new Promise((resolve) => {
        finish.push(() => resolve(false));
        most = Math.max(most, finish.length);
      }),
  };
  const passwords = createPasswords({ argon2: slow, concurrency: 2, maxWaiting: 3 });
  const five = Array.from({ length: 5 }, () => passwords.verify('x', undefined));
  await expect(passwords.verify('x', undefined)).rejects.toMatchObject({ code: 'SECURITY_PASSWORDS_BUSY' });
  let done = 0;
  const all = Promise.all(five.map((each) => each.then(() => (done += 1))));
  while (done < 5) {
    finish.shift()?.();
    await new Promise(setImmediate);
  }
  await all;
  expect(most).toBe(2);
});
