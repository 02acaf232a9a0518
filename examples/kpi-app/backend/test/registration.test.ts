import { createDb, type Db, sql } from '@seaworthy/db-pool';
import { postgres } from '@seaworthy/db-pool/postgres';
import { createTestDatabase, describeWith, freePort, size, type TestDatabase } from '@seaworthy/testkit';
import type { Answer } from '@seaworthy-example/server/testing';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KpiClient, startKpi } from './kpi-client.js';

describeWith(['postgres'], 'registering and logging in', () => {
  let database: TestDatabase;
  let service: Awaited<ReturnType<typeof startKpi>>;
  let db: Db;

  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    service = await startKpi({ PORT: String(await freePort()), DATABASE_URL: database.url });
    db = createDb(postgres(pg), { url: database.url });
  });
  afterAll(async () => {
    await db?.close();
    await service?.close();
    await database?.drop();
  });

  const password = 'a long password';
  const rounds = size({ test: 3, soak: 15 });
  /** Work that is left out is a hundredth; what shares the processor makes the same work dearer by half. */
  const alike = size({ test: 4, soak: 2 });
  const person = () => new KpiClient(service.url ?? '');
  const register = (email: string) =>
    person().post('/api/auth/register', { email, password, name: 'Rosa Lind' });
  const logIn = (email: string, given: string) =>
    person().post('/api/auth/login', { email, password: given });

  /** What somebody sees who asks, without what differs from one request to the next. */
  function shape({ status, headers, body }: Answer) {
    const { requestId: _, ...problem } = body;
    const names = [...headers.keys()].filter((name) => name !== 'date').sort();
    return { status, problem, names, length: headers.get('content-length') };
  }

  /** The processor time of each of these in milliseconds, the median of turns that alternate. Waiting is not in it. */
  async function costs(asks: ReadonlyArray<() => Promise<Answer>>): Promise<readonly number[]> {
    const turns: number[][] = asks.map(() => []);
    for (let turn = 0; turn < rounds; turn += 1) {
      for (const [at, ask] of asks.entries()) {
        const before = process.cpuUsage();
        await ask();
        const { user, system } = process.cpuUsage(before);
        turns[at]?.push((user + system) / 1_000);
      }
    }
    return turns.map((times) => times.sort((a, b) => a - b)[(rounds - 1) / 2] ?? 0);
  }

  it('[row 43] makes an account with a hash of scrypt; an address that is taken gets one answer, after the same work', async () => {
    const client = person();
    const made = await client.post('/api/auth/register', {
      email: 'Rosa@Lind.example',
      password,
      name: 'Rosa Lind',
    });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      user: { id: expect.any(String), email: 'rosa@lind.example', name: 'Rosa Lind', role: 'viewer' },
    });
    expect((await client.get('/api/me')).body).toEqual(made.body);
    expect((await logIn('rosa@lind.example', password)).status).toBe(200);
    const { hash } = await db.one<{ hash: string }>(
      sql`select password_hash as hash from users where email = ${'rosa@lind.example'}`,
    );
    expect(hash).toMatch(/^scrypt\$32768\$8\$3\$[\w+/]{22}==\$[\w+/]{43}=$/);

    // Whether the account may log in, and how its address is written, is nobody else's business.
    await register('gone@lind.example');
    await db.exec(sql`update users set deactivated_at = now() where email = ${'gone@lind.example'}`);
    const taken = ['rosa@lind.example', 'ROSA@lind.example', 'gone@lind.example'];
    const answers = await Promise.all(taken.map(register));
    for (const answer of answers) {
      expect(shape(answer)).toEqual(shape(answers[0] ?? answer));
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(answers[0]?.body).toMatchObject({ status: 409, code: 'EMAIL_TAKEN', errors: [{ path: 'email' }] });

    let next = 0;
    const unheardOf = () => register(`new${next++}@lind.example`);
    const [fresh = 0, again = 0] = await costs([unheardOf, () => register('gone@lind.example')]);
    expect(again).toBeGreaterThan(fresh / alike);
    expect(again).toBeLessThan(fresh * alike);
  });

  it('gives one of those who register an address at the same moment the account, and the others the same refusal', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => register('race@lind.example')));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    const { count } = await db.one<{ count: number }>(
      sql`select count(*)::int as count from users where email = ${'race@lind.example'}`,
    );
    expect(count).toBe(1);
  });

  it('answers an unknown address and a wrong password alike, after the same work', async () => {
    await register('known@lind.example');
    const asks = ['known@lind.example', 'nobody@lind.example'].map(
      (email) => () => logIn(email, 'not this one'),
    );
    const answers = await Promise.all(asks.map((ask) => ask()));
    for (const answer of answers) expect(shape(answer)).toEqual(shape(answers[0] ?? answer));
    const [known = 0, unknown = 0] = await costs(asks);
    expect(unknown).toBeGreaterThan(known / alike);
    expect(unknown).toBeLessThan(known * alike);
  });
});
