import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createTestDatabase,
  describeWith,
  freePort,
  type NodeProcess,
  spawnNode,
  waitFor,
} from '@seaworthy/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { programOf } from './program-of.js';

async function untilReady(service: NodeProcess, url: string): Promise<void> {
  let ended = false;
  void service.exited.then(() => {
    ended = true;
  });
  await waitFor(
    async () => {
      if (ended) throw new Error(`the program ended: ${service.stderr}${service.stdout}`);
      return fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    },
    { what: 'the program of the README being ready' },
  );
}

const backupFolder = mkdtempSync(join(tmpdir(), 'seaworthy-readme-'));
afterAll(() => rmSync(backupFolder, { recursive: true, force: true }));

describeWith(['postgres'], 'the Express program of the README', () => {
  it('serves orders, makes a backup, limits, and drains on SIGTERM', async () => {
    const database = await createTestDatabase('postgres');
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('create table orders (id int primary key, total int)');
    await client.query('insert into orders values (1, 4200)');
    await client.end();
    const port = await freePort();
    await using service = spawnNode(programOf('README.md', '// express.mjs'), {
      env: {
        NODE_ENV: 'test',
        PORT: String(port),
        DATABASE_URL: database.url,
        BACKUP_FOLDER: join(backupFolder, 'backups'),
      },
    });
    const url = `http://127.0.0.1:${port}`;
    await untilReady(service, url);
    const order = await fetch(`${url}/orders/1`);
    expect(await order.json()).toEqual({ id: 1, total: 4200 });
    expect(order.headers.get('ratelimit')).toContain('"ip"');
    expect(order.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect((await fetch(`${url}/orders/2`)).status).toBe(404);
    expect(service.stdout).toMatch(/"message":"Backed up".*"id":"\d{8}T\d{6}Z-/);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stdout).toContain('"message":"Request completed"');
    expect(service.stdout + service.stderr).not.toContain(new URL(database.url).password);
    await database.drop();
  });
});

describeWith(['mysql'], 'the Fastify program of the README', () => {
  it('serves clients and drains on SIGTERM', async () => {
    const database = await createTestDatabase('mysql');
    const connection = await mysql.createConnection(database.url);
    await connection.query('create table clients (id int primary key, name varchar(50))');
    await connection.query("insert into clients values (1, 'Acacia Logistics')");
    await connection.end();
    const port = await freePort();
    await using service = spawnNode(programOf('README.md', '// fastify.mjs'), {
      env: { NODE_ENV: 'test', PORT: String(port), DATABASE_URL: database.url },
    });
    const url = `http://127.0.0.1:${port}`;
    await untilReady(service, url);
    expect(await (await fetch(`${url}/clients`)).json()).toEqual([{ id: 1, name: 'Acacia Logistics' }]);
    service.kill('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
    await database.drop();
  });
});

describe('the programs of the package READMEs', () => {
  it('contracts: prints what it says it prints', async () => {
    await using program = spawnNode(programOf('packages/contracts/README.md', 'import { Secret'));
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.stdout).toBe('[secret API_KEY]\n42\n');
  });

  it('service: says hello and logs it', async () => {
    const port = await freePort();
    await using program = spawnNode(programOf('packages/service/README.md', 'import { defineConfig'), {
      env: { NODE_ENV: 'test', PORT: String(port) },
    });
    await untilReady(program, `http://127.0.0.1:${port}`);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello');
    program.kill('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.stdout).toContain('"message":"Somebody is here"');
  });
});
