import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { containerArgs } from '../src/docker.js';
import {
  describeWith,
  findProgram,
  type Need,
  type Server,
  ServerStartFailed,
  ServerUnavailable,
  startHaproxy,
  startMariadb,
  startNginx,
  startPgBouncer,
  startPostgres,
  startPostgresReplica,
  startRedis,
  waitFor,
} from '../src/index.js';
import { nestedVitest } from './nested-vitest.js';

const standIn = fileURLToPath(new URL('./fixtures/docker-stand-in.mjs', import.meta.url));
const engines: readonly Need[] = [
  'private postgres',
  'private mysql',
  'private redis',
  'private nginx',
  'private haproxy',
];
const programs = [
  ...[
    'postgres',
    'initdb',
    'pg_basebackup',
    'mariadbd',
    'mariadb-install-db',
    'redis-server',
    'nginx',
    'haproxy',
  ],
];

let folder: string;
let bin: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'));
  chmodSync(folder, 0o755);
  bin = join(folder, 'bin');
  mkdirSync(bin);
  const installed = programs.map((name) => [name, findProgram(name)]);
  writeFileSync(join(bin, 'programs.json'), JSON.stringify(Object.fromEntries(installed)));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A machine that has no server at all, and the stand-in for Docker. */
beforeEach(() => {
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\nexec '${process.execPath}' '${standIn}' '${bin}' "$@"\n`);
  chmodSync(join(bin, 'docker'), 0o755);
  writeFileSync(join(bin, 'calls.jsonl'), '');
  vi.stubEnv('SEAWORTHY_SERVER_PATH', bin);
  vi.stubEnv('SEAWORTHY_INSTALL', 'no');
  vi.stubEnv('SEAWORTHY_DOCKER', 'yes');
});
afterEach(() => vi.unstubAllEnvs());

const calls = (): readonly (readonly string[])[] =>
  readFileSync(join(bin, 'calls.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);

describeWith(engines, 'servers in containers, driven against a stand-in for Docker', () => {
  test.each<[string, string, string, () => Promise<Server>]>([
    ['PostgreSQL', 'postgres:17', 'postgres', () => startPostgres()],
    ['MariaDB', 'mariadb:11.4', 'mariadbd', () => startMariadb()],
    ['Redis', 'redis:7.4', 'redis-server', () => startRedis()],
    ['nginx', 'nginx:1.28', 'nginx', () => startNginx({ upstreams: ['127.0.0.1:9'] })],
    ['HAProxy', 'haproxy:3.0', 'haproxy', () => startHaproxy({ upstreams: ['127.0.0.1:9'] })],
  ])(
    '%s starts, is killed, comes back and leaves no container behind',
    async (_name, image, program, start) => {
      const server = await start();
      const runs = () => calls().filter(([command, , flag]) => command === 'run' && flag === '--name');
      expect(runs()).toHaveLength(1);
      const [run = []] = runs();
      const at = run.indexOf('--entrypoint');
      expect(run.slice(at, at + 3)).toEqual(['--entrypoint', program, image]);
      expect(run).toContain(`${server.folder}:${server.folder}`);
      expect(run.slice(run.indexOf('--user'))[1]).not.toMatch(/^0:/);
      const { password } = new URL(server.url);
      if (password !== '') expect(JSON.stringify(calls())).not.toContain(password);
      expect(server.isAlive()).toBe(true);
      const { pid, port } = server;

      await server.kill();
      expect(server.isAlive()).toBe(false);
      await server.restart();
      expect([server.port, server.pid === pid]).toEqual([port, false]);
      const names = runs().map((call) => call[3]);
      expect(new Set(names).size).toBe(2);
      await server.stop();
      expect(server.isAlive()).toBe(false);
      await server.close();
      expect(existsSync(server.folder)).toBe(false);
      expect(names.filter((name) => existsSync(join(bin, 'state', `${name}.json`)))).toEqual([]);
    },
  );

  test('PostgreSQL answers nothing while it is paused, dies paused, and keeps what was committed', async () => {
    await using postgres = await startPostgres();
    await query(postgres.url, 'create table kept (n int)');
    await query(postgres.url, 'insert into kept values (1)');
    await postgres.freeze();
    await expect(query(postgres.url, 'select 1', 500)).rejects.toThrow();
    await postgres.thaw();
    expect(await waitFor(() => query(postgres.url, 'select n from kept'))).toEqual([{ n: 1 }]);
    await postgres.freeze();
    await postgres.kill();
    await postgres.restart();
    expect(await query(postgres.url, 'select n from kept')).toEqual([{ n: 1 }]);
    expect(calls().map(([command]) => command)).toEqual(
      expect.arrayContaining(['pause', 'unpause', 'kill', 'inspect']),
    );
  });

  test('a replica streams, with the password in the environment of the client only', async () => {
    await using primary = await startPostgres();
    await query(primary.url, 'create table t (n int)');
    await using replica = await startPostgresReplica(primary);
    await replica.caughtUp();
    expect(await query(replica.url, 'select count(*)::int as n from t')).toEqual([{ n: 0 }]);
    expect(JSON.stringify(calls())).toContain('"--env","PGPASSWORD"');
    expect(JSON.stringify(calls())).not.toContain(primary.password);
  });

  test('nothing is left of the containers of a run that was killed with SIGKILL', async () => {
    const report = join(folder, 'report');
    const variables = ['SEAWORTHY_SERVER_PATH', 'SEAWORTHY_INSTALL', 'SEAWORTHY_DOCKER'];
    const vitest = nestedVitest('holds-container', {
      NESTED_REPORT: report,
      ...Object.fromEntries(variables.map((name) => [name, process.env[name] ?? ''])),
    });
    await Promise.race([
      waitFor(() => existsSync(report), { timeoutMs: 100_000, what: 'the container of the nested vitest' }),
      vitest.exited.then(() => Promise.reject(new Error(`It ended:\n${vitest.stdout}${vitest.stderr}`))),
    ]);
    const { worker, run } = JSON.parse(readFileSync(report, 'utf8')) as { worker: number; run: string };
    expect(readdirSync(join(bin, 'state'))).toHaveLength(1);
    process.kill(worker, 'SIGKILL');
    await waitFor(() => readdirSync(join(bin, 'state')).length === 0, { timeoutMs: 60_000 });
    await waitFor(() => !existsSync(run), { timeoutMs: 60_000, what: 'the folder of the run to be gone' });
    await vitest[Symbol.asyncDispose]();
  });

  test('a server that cannot start fails with the end of its log', async () => {
    const failure = await startPostgres({ settings: { shared_buffers: 'plenty' } }).catch(
      (error: unknown) => error,
    );
    expect(ServerStartFailed.is(failure)).toBe(true);
    expect(String(failure)).toMatch(/postgres in postgres:17.*invalid value for parameter "shared_buffers"/s);
  });
});

describe('where nothing is installed', () => {
  const refusal = async (start: () => Promise<unknown>): Promise<string> => {
    const error = await start().catch((failure: unknown) => failure);
    expect(ServerUnavailable.is(error)).toBe(true);
    return String(error);
  };

  test('Docker is not used without being allowed, and the message offers it when a daemon answers', async () => {
    vi.stubEnv('SEAWORTHY_DOCKER', '');
    expect(await refusal(() => startRedis())).toMatch(
      /apt-get install redis-server\), or set SEAWORTHY_DOCKER=yes: a Docker daemon/,
    );
    expect(calls().map(([command]) => command)).toEqual(['version']);
  });

  test('a client without a daemon is no Docker, and a server of which there is no image is not offered', async () => {
    const pgbouncer = await refusal(() =>
      startPgBouncer({ host: '', port: 1, user: '', password: '', database: '' }),
    );
    expect(pgbouncer).not.toContain('Docker');
    writeFileSync(join(bin, 'docker'), '#!/bin/sh\necho Cannot connect to the Docker daemon >&2\nexit 1\n');
    expect(await refusal(() => startRedis())).toMatch(/apt-get install redis-server\)\.$/);
  });
});

// Parses its arguments before it looks for a daemon, so it says whether it would take ours.
const client = findProgram('docker');
test.skipIf(client === undefined)('the real Docker client takes the arguments', async () => {
  const args = containerArgs({
    image: 'redis:7.4',
    program: 'redis-server',
    args: ['/x/redis.conf'],
    name: 'seaworthy-redis-x',
    folder: '/x',
    cwd: '/x',
    user: undefined,
    variables: ['PGPASSWORD'],
  });
  const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  for (const call of [
    args,
    ['version', '--format', '{{.Server.Version}}'],
    ['image', 'inspect', '--format', '{{.Id}}', 'x'],
    ['pull', '--quiet', 'x'],
    ['kill', '--signal', 'SIGKILL', 'x'],
    ['inspect', '--format', '{{.State.Pid}}', 'x'],
    ['pause', 'x'],
    ['unpause', 'x'],
    ['rm', '--force', 'x'],
  ]) {
    const outcome = promisify(execFile)(client ?? '', call, { env, timeout: 30_000 });
    await expect(outcome, call.join(' ')).rejects.toThrow('Cannot connect to the Docker daemon');
  }
});

async function query(url: string, sql: string, timeoutMs = 20_000): Promise<unknown[]> {
  const connection = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  });
  connection.on('error', () => {});
  try {
    await connection.connect();
    return (await connection.query(sql)).rows;
  } finally {
    connection.end().catch(() => {});
  }
}
