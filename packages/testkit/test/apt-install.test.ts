import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aptInstall } from '../src/apt-install.js';
import { ensureInstalled, ServerUnavailable, startPostgres } from '../src/index.js';

// A stand-in for apt-get in a folder of its own: a test must not install packages on the machine that runs it.
let systemRoot: string;
beforeEach(() => {
  systemRoot = mkdtempSync(join(tmpdir(), 'seaworthy-apt-'));
});
afterEach(() => rmSync(systemRoot, { recursive: true, force: true }));

const policy = (): string => join(systemRoot, 'usr/sbin/policy-rc.d');
const cluster = (): string => join(systemRoot, 'etc/postgresql-common/createcluster.conf');
const calls = (): string[] => readFileSync(join(systemRoot, 'calls'), 'utf8').trim().split('\n');

/** Writes down how it was called and what it would have been told about starting services. */
function fakeApt(body = ''): string {
  const path = join(systemRoot, 'apt-get');
  writeFileSync(
    path,
    `#!/bin/sh
${policy()} >/dev/null 2>&1; starts=$?
echo "policy=$starts cluster=$(grep -c 'create_main_cluster = false' ${cluster()} 2>/dev/null) $*" >> ${systemRoot}/calls
${body}
`,
  );
  chmodSync(path, 0o755);
  return path;
}

const install = (packages: readonly string[], aptGet: string, said: string[] = []): Promise<void> =>
  aptInstall({ packages, systemRoot, aptGet, onProgress: (line) => said.push(line) });

test('says what it installs first, and forbids services to start only while it runs', async () => {
  const said: string[] = [];
  await install(['redis-server', 'nginx'], fakeApt(), said);
  expect(said[0]).toContain('Installing redis-server, nginx');
  expect(calls()).toEqual([
    expect.stringMatching(/^policy=101 .* install --yes --no-install-recommends redis-server nginx$/),
  ]);
  expect(existsSync(policy())).toBe(false);
});

test('keeps PostgreSQL from creating a cluster, and puts the file back as it was', async () => {
  mkdirSync(join(systemRoot, 'etc/postgresql-common'), { recursive: true });
  writeFileSync(cluster(), 'ssl = on\n');
  await install(['postgresql'], fakeApt());
  expect(calls()[0]).toContain('cluster=1');
  expect(readFileSync(cluster(), 'utf8')).toBe('ssl = on\n');
});

test('leaves the file that the package brings where there was none', async () => {
  await install(['postgresql'], fakeApt(`echo "# shipped" > ${cluster()}.dpkg-dist`));
  expect(calls()[0]).toContain('cluster=1');
  expect(readFileSync(cluster(), 'utf8')).toBe('# shipped\n');
  expect(existsSync(`${cluster()}.dpkg-dist`)).toBe(false);
});

test("leaves an administrator's policy alone", async () => {
  mkdirSync(join(systemRoot, 'usr/sbin'), { recursive: true });
  writeFileSync(policy(), '#!/bin/sh\nexit 7\n', { mode: 0o755 });
  await install(['nginx'], fakeApt());
  expect(calls()[0]).toContain('policy=7');
  expect(readFileSync(policy(), 'utf8')).toBe('#!/bin/sh\nexit 7\n');
});

test('tries again after an update, one package at a time, and says what failed', async () => {
  const failing = fakeApt(
    `case "$*" in *install*haproxy*) echo "E: Unable to locate haproxy" >&2; exit 100;; esac`,
  );
  await expect(install(['nginx', 'haproxy'], failing)).rejects.toThrow('Unable to locate haproxy');
  expect(calls().map((line) => line.replace(/^.*-qq /, ''))).toEqual([
    'install --yes --no-install-recommends nginx haproxy',
    'update',
    'install --yes --no-install-recommends nginx',
    'install --yes --no-install-recommends haproxy',
  ]);
  expect(existsSync(policy())).toBe(false);
});

test('a server that may not be installed is unavailable, and the error says what to install', async () => {
  const before = { path: process.env.SEAWORTHY_SERVER_PATH, install: process.env.SEAWORTHY_INSTALL };
  process.env.SEAWORTHY_SERVER_PATH = systemRoot;
  process.env.SEAWORTHY_INSTALL = 'no';
  try {
    const error = await ensureInstalled(['postgres', 'redis']).catch((failure: unknown) => failure);
    expect(ServerUnavailable.is(error) && error.code).toBe('SERVER_UNAVAILABLE');
    expect(String(error)).toContain('apt-get install postgresql redis-server');
    // A server of the environment stands in for the shared one, never for one that a test may kill.
    const shared = await startPostgres({ shared: true }).catch((failure: unknown) => failure);
    const own = await startPostgres().catch((failure: unknown) => failure);
    expect(String(shared)).toContain('or set SEAWORTHY_POSTGRES_URL to a running server');
    expect(String(error) + String(own)).not.toContain('SEAWORTHY_POSTGRES_URL');
  } finally {
    restore('SEAWORTHY_SERVER_PATH', before.path);
    restore('SEAWORTHY_INSTALL', before.install);
  }
});

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
