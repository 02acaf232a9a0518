import { type LockConnection, redisLock, sqlLock } from '@seaworthy/backup';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';

const never = new Promise<never>(() => undefined);

/** Answers the first so many questions, and then nothing any more, as a server does behind a network that was cut. */
function fallsSilent(after: number) {
  const clock = createFakeClock();
  let asked = 0;
  let ended = 0;
  const connection: LockConnection = {
    dialect: 'postgres',
    async execute() {
      asked += 1;
      return asked > after ? never : { rows: [{ mine: true }] as never, rowCount: 1 };
    },
    async [Symbol.asyncDispose]() {
      ended += 1;
      return never;
    },
  };
  return { clock, connection, asked: () => asked, ended: () => ended };
}

describe('a lock whose server falls silent', () => {
  it('in the middle of the work lets the schedule go on, though neither lock nor connection can be given back', async () => {
    const server = fallsSilent(2); // it took the lock and told the session
    const lock = sqlLock(async () => server.connection, { key: 'silent', clock: server.clock });
    const held = lock.tryHold('backup', async () => 'done');
    await waitFor(() => server.asked() === 3, { what: 'the lock to be given back' });
    await server.clock.advance(15_000);
    await waitFor(() => server.ended() === 1, { what: 'the connection to be given back' });
    await server.clock.advance(15_000);
    expect(await held).toEqual({ held: true, value: 'done' });
  });

  it('before it answered is a failure, after which the schedule tries again', async () => {
    const server = fallsSilent(0);
    const held = sqlLock(async () => server.connection, { key: 'silent', clock: server.clock }).tryHold(
      'backup',
      () => Promise.reject(new Error('it works without the lock')),
    );
    const failure = expect(held).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await waitFor(() => server.asked() === 1, { what: 'the lock to be asked for' });
    await server.clock.advance(15_000);
    await waitFor(() => server.ended() === 1, { what: 'the connection to be given back' });
    await server.clock.advance(15_000);
    await failure;
  });

  it('while a connection is waited for is a failure, and a connection that comes late is given back', async () => {
    const server = fallsSilent(0);
    let come: (connection: LockConnection) => void = () => undefined;
    const connecting = new Promise<LockConnection>((resolve) => {
      come = resolve;
    });
    const lock = sqlLock(() => connecting, { key: 'silent', clock: server.clock });
    const failure = expect(lock.tryHold('backup', async () => 'never')).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await server.clock.advance(15_000);
    await failure;
    come(server.connection);
    await waitFor(() => server.ended() === 1, { what: 'the late connection to be given back' });
  });

  it('once, after it gave the lock, has it back before the connection goes to somebody else', async () => {
    const said: string[] = [];
    const connection: LockConnection = {
      dialect: 'postgres',
      async execute({ strings }) {
        said.push(/pg_\w+/.exec(strings.join())?.[0] ?? '');
        if (said.length === 2) throw new Error('canceling statement due to statement timeout');
        return { rows: [{ mine: true }] as never, rowCount: 1 };
      },
      async [Symbol.asyncDispose]() {
        said.push('disposed');
      },
    };
    const lock = sqlLock(async () => connection, { key: 'silent' });
    await expect(lock.tryHold('backup', async () => 'never')).rejects.toThrow('statement timeout');
    expect(said).toEqual(['pg_try_advisory_lock', 'pg_backend_pid', 'pg_advisory_unlock', 'disposed']);
  });

  it('holds nothing up in Redis either', async () => {
    const clock = createFakeClock();
    let asked = 0;
    const redis = { call: async () => (++asked === 1 ? 'OK' : never) };
    const held = redisLock(redis, { key: 'silent', ttl: '30s', clock }).tryHold('backup', async () => 'done');
    await waitFor(() => asked === 2, { what: 'the lock to be given back' });
    await clock.advance(10_000);
    expect(await held).toEqual({ held: true, value: 'done' });

    const deaf = redisLock({ call: () => never }, { key: 'silent', ttl: '30s', clock });
    const failure = expect(deaf.tryHold('backup', async () => 'never')).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await clock.advance(10_000);
    await failure;
  });
});
