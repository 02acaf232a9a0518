import { createFakeClock } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { mysqlError } from '../src/drivers/mysql-error.js';
import { DbError, type DbErrorOptions } from '../src/index.js';
import { Failover } from '../src/session/failover.js';

/** The part of a pool and of a lease that is asked. */
function failing() {
  const clock = createFakeClock();
  let evictions = 0;
  const old = new Set<object>();
  const pool = {
    isEvicted: (loan: object) => old.has(loan),
    evict: () => {
      evictions += 1;
    },
  };
  const failover = new Failover(pool, clock, () => undefined);
  const refuse = (loan: object = {}, options: DbErrorOptions = {}): boolean =>
    failover.isFor(new DbError('readonly', 'read only', options), { loan });
  return { clock, old, refuse, failover, evictions: () => evictions };
}

test('a refused write replaces the connections, and whoever still has an old one tries again without replacing the new', () => {
  const { old, refuse, evictions } = failing();
  const loan = {};
  expect(refuse(loan)).toBe(true);
  old.add(loan);
  expect(refuse(loan)).toBe(true);
  expect(evictions()).toBe(1);
});

test('a server that stays read-only does not make the pool connect again and again', async () => {
  const { clock, refuse, evictions } = failing();
  for (let second = 0; second < 600; second += 1) {
    refuse();
    await clock.advance(1_000);
  }
  expect(evictions()).toBeLessThanOrEqual(15);
  await clock.advance(600_000);
  expect(refuse()).toBe(true);
});

test('a write in a read-only transaction says nothing about the server', () => {
  const { refuse, failover, evictions } = failing();
  expect(refuse({}, { errno: 1792 })).toBe(false);
  expect(failover.isFor(new DbError('permission', 'no'), { loan: {} })).toBe(false);
  expect(evictions()).toBe(0);
});

test('an option of the MySQL server other than read-only says nothing about the server either', () => {
  const { failover, evictions } = failing();
  const refusedBy = (option: string): DbError =>
    mysqlError(
      {
        errno: 1290,
        sqlState: 'HY000',
        message: `The MySQL server is running with the ${option} option so it cannot execute this statement`,
      },
      'select 1',
    );
  expect(failover.isFor(refusedBy('--secure-file-priv'), { loan: {} })).toBe(false);
  expect(evictions()).toBe(0);
  expect(failover.isFor(refusedBy('--read-only'), { loan: {} })).toBe(true);
  expect(failover.isFor(refusedBy('--super-read-only'), { loan: {} })).toBe(false); // evicted just now
  expect(refusedBy('--super-read-only').kind).toBe('readonly');
});
