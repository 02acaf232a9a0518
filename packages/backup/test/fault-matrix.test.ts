import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { S3 } from '@aws-sdk/client-s3';
import {
  BackupError,
  type BackupSource,
  type Backups,
  type BackupTarget,
  createBackups,
  files,
  local,
  mysql,
  postgres,
  redis,
  s3,
} from '@seaworthy/backup';
import {
  createTestDatabase,
  describeWith,
  type S3FaultKind,
  type S3Operation,
  size,
  spawnNode,
  startRedis,
  startS3,
} from '@seaworthy/testkit';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { verifyArtifact } from '../src/restore/verify-artifact.js';
import { childrenOf, filesIn, postgresBulk, sql, temporaryFolder } from './support/fixtures.js';
import { harmedTarget } from './support/harmed-target.js';

/** Every point of the matrix that was reached; the last test holds the count against what was asked for. */
let points = 0;
let failed = 0;
let identity: string;
let recipient: string;

beforeAll(async () => {
  identity = await generateX25519Identity();
  recipient = await identityToRecipient(identity);
});

vi.setConfig({ testTimeout: size({ test: 120_000, soak: 900_000 }) });

const { signal } = new AbortController();

/** At test size a few of them, spread over all. */
function sample<T>(all: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, Math.floor(all.length / count));
  return size({ test: all.filter((_one, at) => at % step === 0), soak: all });
}

const countTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

/** Whatever is listed is whole to the last byte, nothing is damaged, and a run that failed left nothing visible. */
async function expectSound(
  backups: Backups,
  target: BackupTarget,
  error: unknown,
  { killed = false } = {},
): Promise<void> {
  points += 1;
  const listed = await backups.list();
  const visible: string[] = [];
  for await (const key of target.keys()) visible.push(key);
  for (const entry of listed) {
    if (entry.status !== 'complete') throw new Error(`${entry.id} is damaged: ${entry.reason}`);
    for (const artifact of entry.manifest.artifacts) {
      const identities = [identity];
      await verifyArtifact({ target, id: entry.id, artifact, identities, signal, level: 'structure' });
    }
  }
  if (error === undefined) {
    expect(listed).toHaveLength(1);
    return;
  }
  failed += 1;
  if (killed) {
    // Our death can fall between the names: what has one by then is whole, and without a manifest no backup.
    if (listed.length === 0) expect(visible.filter((key) => key.endsWith('manifest.json'))).toEqual([]);
    return;
  }
  expect(listed).toEqual([]);
  expect(visible).toEqual([]);
}

function expectTyped(error: unknown): void {
  if (error === undefined) return;
  if (!BackupError.is(error)) throw error;
  expect(error.code).toMatch(/^BACKUP_/);
  expect(error.stage).toMatch(/^(?:prepare|dump|compress|encrypt|write|commit|read|verify)$/);
}

async function attempt(backups: Backups): Promise<unknown> {
  return backups.run().then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function folderOf(bytes: number): Promise<string> {
  const root = join(await temporaryFolder(), 'app');
  await mkdir(root);
  await writeFile(join(root, 'random'), randomBytes(bytes));
  return root;
}

/** Kills a child when the run reaches a step of its target. */
async function killedAt(source: BackupSource, program: string, step: number, compress: 'gzip' | 'zstd') {
  const folder = await temporaryFolder();
  const inner = local(folder);
  let hit = false;
  const target = harmedTarget(inner, (at) => {
    if (at !== step) return;
    for (const pid of childrenOf(process.pid, program)) {
      process.kill(pid, 'SIGKILL');
      hit = true;
    }
  });
  const backups = createBackups({
    sources: { one: source },
    targets: [target],
    encrypt: { recipients: [recipient] },
    compress,
  });
  const error = await attempt(backups);
  if (hit && error !== undefined)
    expect(error).toMatchObject({ code: 'BACKUP_TOOL_FAILED', tool: program, exitCode: 'SIGKILL' });
  expectTyped(error);
  await expectSound(backups, inner, error);
  expect(await filesIn(folder)).toHaveLength(error === undefined ? 3 : 0);
}

describe('killing a program of a backup of files', () => {
  it.each([
    ['tar', 'gzip'],
    ['zstd', 'zstd'],
    ['tar', 'zstd'],
  ] as const)('%s, compressed with %s, at any step keeps all of it or nothing', async (program, compress) => {
    const root = await folderOf(12_000_000);
    for (const step of sample(countTo(16), 3)) await killedAt(files({ root }), program, step, compress);
  });
});

describeWith(['postgres', 'mysql', 'redis'], 'killing the dumper of a server', () => {
  const closers: Array<() => Promise<unknown>> = [];
  const sources = new Map<string, BackupSource>();
  beforeAll(async () => {
    const [one, other, server] = await Promise.all([
      createTestDatabase('postgres'),
      createTestDatabase('mysql'),
      startRedis({ config: { 'repl-diskless-sync-delay': 0 } }),
    ]);
    closers.push(
      () => one.drop(),
      () => other.drop(),
      () => server.close(),
    );
    await sql(one.url, ...postgresBulk(20_000));
    await sql(
      other.url,
      'create table bulk (id int primary key, body text)',
      'insert into bulk select seq, concat(sha2(seq, 512), sha2(seq * 31, 512), sha2(seq * 37, 512)) from seq_1_to_20000',
    );
    sources.set('pg_dump', postgres({ url: one.url }));
    sources.set('mariadb-dump', mysql({ url: other.url }));
    sources.set('redis-cli', redis({ url: server.url }));
  });
  afterAll(() => Promise.all(closers.map((close) => close())));

  it.each(['pg_dump', 'mariadb-dump', 'redis-cli'])('%s at any step', async (program) => {
    for (const step of sample(countTo(12), 2)) {
      const source = sources.get(program);
      if (source !== undefined) await killedAt(source, program, step, 'gzip');
    }
  });
});

describe('an abort at any step', () => {
  it('keeps all of it or nothing', async () => {
    const root = await folderOf(2_000_000);
    for (const step of sample(countTo(30), 4)) {
      const controller = new AbortController();
      const inner = local(await temporaryFolder());
      const target = harmedTarget(inner, (at) => void (at === step && controller.abort(new Error('stop'))));
      const backups = createBackups({
        sources: { app: files({ root }) },
        targets: [target],
        encrypt: { recipients: [recipient] },
      });
      const error = await backups.run({ signal: controller.signal }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      await expectSound(backups, inner, error);
    }
  });
});

describe('our own death by SIGKILL', () => {
  it('at any step leaves a whole backup or none', async () => {
    const root = await folderOf(200_000);
    const env = { ROOT: root, RECIPIENT: recipient };
    const script = join(import.meta.dirname, 'fixtures/run-until-killed.mjs');
    await using whole = spawnNode(script, { env: { ...env, FOLDER: await temporaryFolder() } });
    const [, steps = '0'] = await whole.output(/steps (\d+)/);
    expect(Number(steps)).toBeGreaterThan(16);
    for (const step of sample(countTo(Number(steps)), 4)) {
      const folder = await temporaryFolder();
      await using child = spawnNode(script, { env: { ...env, FOLDER: folder, KILL_AT: String(step) } });
      await child.exited;
      const target = local(folder);
      const backups = createBackups({ sources: { app: files({ root }) }, targets: [target] });
      await expectSound(backups, target, 'killed', { killed: true });
      const listed = await backups.list();
      const committed = step === Number(steps) - 1; // after the last commit
      expect(listed.length, `step ${step} of ${steps}`).toBe(committed ? 1 : 0);
    }
  });
});

describe('a disk that is full', () => {
  it('at any size keeps all of it or nothing, and says so', async ({ skip }) => {
    const root = await folderOf(300_000);
    for (const kib of sample(
      countTo(24).map((at) => 8 + at * 16),
      4,
    )) {
      const folder = await temporaryFolder();
      try {
        await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'tmpfs', folder]);
      } catch {
        console.warn('SKIPPED: a full disk cannot be shown, because no tmpfs can be mounted here.');
        skip();
      }
      try {
        const target = local(folder);
        const backups = createBackups({
          sources: { app: files({ root }) },
          targets: [target],
          encrypt: { recipients: [recipient] },
        });
        const error = await attempt(backups);
        if (error !== undefined)
          expect(error).toMatchObject({ code: 'BACKUP_WRITE_FAILED', cause: { code: 'ENOSPC' } });
        await expectSound(backups, target, error);
        expect(await filesIn(folder)).toHaveLength(error === undefined ? 3 : 0);
      } finally {
        await promisify(execFile)('umount', [folder]);
      }
    }
  });
});

describe('S3 that fails', () => {
  const operations: readonly S3Operation[] = [
    'PutObject',
    'CreateMultipartUpload',
    'UploadPart',
    'CompleteMultipartUpload',
    'GetObject',
    'HeadObject',
  ];
  const kinds: readonly S3FaultKind[] = ['error', 'silence', 'reset', 'lost answer', 'short', 'corrupt'];
  const cases = operations.flatMap((operation) =>
    kinds.flatMap((kind) => [0, 1, 2].map((after) => ({ operation, kind, after }))),
  );

  it('in any call and any way keeps all of it or nothing', async () => {
    const root = await folderOf(6_000_000);
    for (const { operation, kind, after } of sample(cases, 12)) {
      const fake = await startS3();
      const client = new S3({ ...fake.config, maxAttempts: 1 });
      onTestFinished(() => fake.close());
      onTestFinished(() => client.destroy());
      const requestTimeout = kind === 'silence' ? 1_500 : '30s';
      const target = s3({ client, bucket: 'b', partSize: '5mb', attempts: 1, requestTimeout });
      const backups = createBackups({
        sources: { app: files({ root }) },
        targets: [target],
        encrypt: { recipients: [recipient] },
      });
      fake.fault({ operation, kind, after });
      const error = await attempt(backups);
      fake.clearFaults();
      expectTyped(error);
      if (error !== undefined) expect(error).toMatchObject({ tool: 's3' });
      const patient = s3({ client, bucket: 'b' });
      const looking = createBackups({ sources: { app: files({ root }) }, targets: [patient] });
      await expectSound(looking, patient, error);
      expect(fake.bucket('b').overwritten).toEqual([]);
      const isOrphan =
        operation === 'CreateMultipartUpload' && (kind === 'lost answer' || kind === 'silence');
      if (!isOrphan) expect(fake.bucket('b').uploads.size, `${operation} ${kind} ${after}`).toBe(0);
    }
  });
});

describe('a stored backup that was damaged', () => {
  it('at any boundary of a chunk and beside it, cut off or flipped, is refused and leaves the target as it was', async () => {
    const root = await folderOf(400_000);
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { app: files({ root }) },
      targets: [local(folder)],
      encrypt: { recipients: [recipient] },
    });
    const { id, artifacts } = await backups.run();
    const [artifact] = artifacts;
    if (artifact === undefined) throw new Error('there is no artifact');
    const path = join(folder, artifact.key);
    const whole = await readFile(path);
    const start = artifact.headerBytes + 16;
    const chunks = Math.ceil((whole.length - start) / 65_552);
    expect(chunks).toBeGreaterThan(5);
    const places = countTo(chunks + 1)
      .map((chunk) => Math.min(start + chunk * 65_552, whole.length))
      .flatMap((boundary) => [boundary - 1, boundary, boundary + 1])
      .filter((place) => place >= 0 && place < whole.length);
    const harms = places.flatMap((place) => [
      { place, how: 'cut' },
      { place, how: 'flip' },
    ]);
    const parent = await temporaryFolder();
    for (const [at, { place, how }] of sample(harms, 8).entries()) {
      if (how === 'cut') await truncate(path, place);
      else {
        const changed = Buffer.from(whole);
        changed[place] = (changed[place] ?? 0) ^ (1 << (at % 8));
        await writeFile(path, changed);
      }
      points += 1;
      failed += 1;
      const restored = join(parent, 'restored');
      await expect(
        backups.restore(id, { to: files({ root: restored }), confirm: restored, identity }),
      ).rejects.toMatchObject({ code: expect.stringMatching(/^BACKUP_(?:CORRUPT|NO_KEY)$/) });
      expect(await filesIn(parent)).toEqual([]);
      await writeFile(path, whole);
    }
    await backups.restore(id, {
      to: files({ root: join(parent, 'r') }),
      confirm: join(parent, 'r'),
      identity,
    });
  });
});

describe('the matrix', () => {
  it('had as many points as were asked for, and most of them ended a run', () => {
    console.info(`fault matrix: ${points} points, ${failed} of which ended a run or refused a backup`);
    expect(points).toBeGreaterThanOrEqual(size({ test: 30, soak: 200 }));
    expect(failed).toBeGreaterThan(points / 2);
  });
});
