import { execFile } from 'node:child_process';
import { appendFile, chmod, link, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createBackups,
  type DrillSetup,
  files,
  local,
  redis,
  type Scratch,
  scratchFiles,
  scratchPglite,
  scratchRedis,
} from '@seaworthy/backup';
import { describeWith, startRedis, waitFor } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RdbFirstSize } from '../../src/sources/rdb-first-size.js';
import { TarContents } from '../../src/sources/tar-contents.js';
import { filesIn, processes, temporaryFolder } from '../support/fixtures.js';
import { recordingMetrics } from '../support/recording-metrics.js';

const run = promisify(execFile);

async function tree(): Promise<string> {
  const root = join(await temporaryFolder(), 'app');
  await mkdir(join(root, 'docs/empty'), { recursive: true });
  await mkdir(join(root, 'cache'));
  await writeFile(join(root, 'cache/tmp'), 'left out');
  await writeFile(join(root, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(root, 'run.sh'), 0o750);
  await writeFile(join(root, 'docs/größe ü.txt'), 'ü'.repeat(5_000));
  await writeFile(join(root, `docs/${'long-'.repeat(40)}.txt`), 'long');
  await link(join(root, 'run.sh'), join(root, 'docs/hard'));
  await symlink('../run.sh', join(root, 'docs/soft'));
  await utimes(join(root, 'run.sh'), 1_700_000_000, 1_700_000_000.25);
  return root;
}

/** Lets `harm` at what was restored before the drill looks at it. */
function harmed(scratch: Scratch, harm: (folder: string) => Promise<unknown>): Scratch {
  return {
    ...scratch,
    async create(name, signal) {
      const place = await scratch.create(name, signal);
      let opened = 0;
      return {
        ...place,
        source: {
          ...place.source,
          async open(openSignal) {
            opened += 1;
            if (opened === 2) await harm(place.folder ?? '');
            return place.source.open(openSignal);
          },
        },
      };
    },
  };
}

describe('a drill of files', () => {
  const setUp = async (root: string, drill: (place: string) => DrillSetup) => {
    const [folder, place] = [await temporaryFolder(), join(await temporaryFolder(), 'drills')];
    const { metrics, values } = recordingMetrics();
    const backups = createBackups({
      sources: { app: files({ root, exclude: ['cache'] }) },
      targets: [local(folder)],
      drill: drill(place),
      metrics,
    });
    return { backups, folder, place, values };
  };

  it('packs what was restored once more, and finds every entry equal, by count and by hash', async () => {
    const root = await tree();
    const { backups, folder, place, values } = await setUp(root, (at) => ({
      into: { app: scratchFiles({ folder: at }) },
      invariants: {
        app: { 'the script is there': async (seen) => (await readdir(seen.folder ?? '')).includes('run.sh') },
      },
    }));
    const { id, artifacts } = await backups.run();
    expect(artifacts[0]?.contents).toEqual({
      precision: 'snapshot',
      tables: [
        { name: './', rows: 2, hash: expect.stringMatching(/^[0-9a-f]{32}$/) },
        { name: 'docs/', rows: 6, hash: expect.any(String) },
      ],
    });
    await appendFile(join(root, 'run.sh'), 'changed since'); // which is no matter of the backup
    const [report] = await backups.drill();
    expect(report).toMatchObject({
      backup: id,
      outcome: 'passed',
      compared: 'hash',
      tables: 2,
      rows: 8,
      differences: [],
      invariants: [{ passed: true }],
    });
    expect(await readdir(place)).toEqual([]);
    expect((await filesIn(folder)).filter((name) => name.includes('note-drill'))).toHaveLength(1);
    expect(await backups.status()).toMatchObject({ lastVerified: { id }, lastDrill: { outcome: 'passed' } });
    expect(values.get('backup.last_drill.passed')).toBe(1);
    expect(
      await backups.healthCheck({ verifiedWarn: '35d' }).probe(AbortSignal.timeout(9_000)),
    ).toMatchObject({
      lastDrill: 'passed',
    });
  });

  it.each<[string, (folder: string) => Promise<unknown>, object]>([
    [
      'one byte',
      (folder) => writeFile(join(folder, 'docs/größe ü.txt'), 'u'.repeat(10_000)),
      { table: 'docs/', kind: 'hash' },
    ],
    ['a mode', (folder) => chmod(join(folder, 'docs/empty'), 0o700), { table: 'docs/', kind: 'hash' }],
    ['a time', (folder) => utimes(join(folder, 'docs/empty'), 1, 1), { table: 'docs/', kind: 'hash' }],
    [
      'a file that is not there',
      (folder) => rm(join(folder, 'docs/soft')),
      { table: 'docs/', kind: 'rows', expected: '6', found: '5' },
    ],
    [
      'a folder that is not there',
      (folder) => rm(join(folder, 'docs'), { recursive: true }),
      { table: 'docs/', kind: 'missing' },
    ],
  ])('fails by %s', async (_what, harm, difference) => {
    const { backups } = await setUp(await tree(), (at) => ({
      into: { app: harmed(scratchFiles({ folder: at }), harm) },
    }));
    await backups.run();
    const error = await backups.drill().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DRILL_FAILED', reports: [{ outcome: 'failed' }] });
    expect(Reflect.get(Object(error), 'reports')[0].differences).toContainEqual(difference);
  });

  it('of a backup that is removed meanwhile says so', async () => {
    const { backups, folder, place } = await setUp(await tree(), (at) => ({
      into: { app: harmed(scratchFiles({ folder: at }), () => rm(folder, { recursive: true })) },
    }));
    await backups.run();
    const error = await backups.drill().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'BACKUP_NOT_FOUND',
      message: expect.stringContaining('was removed while it was drilled'),
    });
    expect(await readdir(place)).toEqual([]);
  });

  it('that finds no room for what it restores blames no backup', async ({ skip }) => {
    const { backups, folder, place } = await setUp(await tree(), (at) => ({
      into: { app: scratchFiles({ folder: at }) },
    }));
    await mkdir(place);
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'tmpfs', place]);
    } catch {
      console.warn('SKIPPED: a full disk cannot be shown, because no tmpfs can be mounted here.');
      skip();
    }
    onTestFinished(async () => void (await run('umount', [place])));
    await backups.run();
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining('No space left on device'),
    });
    expect((await filesIn(folder)).filter((name) => name.includes('note-drill'))).toEqual([]);
    expect(await backups.status()).toMatchObject({ lastDrill: undefined, count: 1 });
    expect(await readdir(place)).toEqual([]);
  });

  it('counts an archive alike in whatever pieces it comes', async () => {
    const root = await tree();
    const { stdout } = await run(
      'tar',
      ['--create', '--file=-', '--format=posix', '--sort=name', `--directory=${root}`, '.'],
      { encoding: 'buffer' },
    );
    const tables = [stdout.length, 512, 511, 7].map((step) => {
      const contents = new TarContents('hash');
      for (let at = 0; at < stdout.length; at += step) contents.push(stdout.subarray(at, at + step));
      return contents.tables();
    });
    for (const one of tables) expect(one).toEqual(tables[0]);
    expect(tables[0]?.map(({ name, rows }) => [name, rows])).toEqual([
      ['./', 2],
      ['cache/', 2],
      ['docs/', 6],
    ]);
  });
});

describeWith(['redis'], 'a drill of Redis', () => {
  it('starts a server with the dump and counts its keys, those that have expired since too', async () => {
    await using server = await startRedis();
    const ask = (...args: readonly string[]) =>
      run('redis-cli', ['-p', String(server.port), ...args], {
        env: { PATH: process.env.PATH, REDISCLI_AUTH: server.password },
      });
    await ask('eval', "for i=1,500 do redis.call('set', 'k'..i, 'v'..i) end", '0');
    await ask('config', 'set', 'repl-diskless-sync-delay', '0');
    await ask('-n', '3', 'set', 'elsewhere', 'yes');
    // While writes pause, a key that expires is gone for whoever asks, and stays where it is.
    await run(
      'sh',
      [
        '-c',
        `printf '${['multi', 'set short lived px 1', 'client pause 600000 write', 'exec'].join('\\n')}\\n' | redis-cli -p ${server.port}`,
      ],
      { env: { PATH: process.env.PATH, REDISCLI_AUTH: server.password } },
    );
    const place = join(await temporaryFolder(), 'drills');
    const folder = await temporaryFolder();
    const make = (scratch: Scratch) =>
      createBackups({
        sources: { cache: redis({ url: server.url }) },
        targets: [local(folder)],
        drill: {
          into: { cache: scratch },
          invariants: {
            cache: { 'the key is there': async ({ query }) => (await query('get k500'))[0]?.[0] === 'v500' },
          },
        },
      });
    const backups = make(scratchRedis({ folder: place }));
    const { id, artifacts } = await backups.run();
    const exact = { name: 'db0', rows: 501 };
    const bracketed = [exact, { name: 'db3', rows: 1 }];
    expect(artifacts[0]?.contents).toEqual({ precision: 'bracketed', tables: bracketed, after: bracketed });
    await waitFor(async () => (await ask('exists', 'short')).stdout.trim() === '0', {
      what: 'the key to expire',
    });
    const [report] = await backups.drill();
    expect(report).toMatchObject({
      outcome: 'passed',
      compared: 'rows',
      tables: 2,
      rows: 502,
      differences: [],
      invariants: [{ passed: true }],
    });
    expect(await readdir(place)).toEqual([]);
    const mine = processes().filter(({ commandLine }) => commandLine.includes(place));
    expect(mine).toEqual([]);
    expect(await backups.status()).toMatchObject({ lastVerified: { id } });

    const cut = harmed(scratchRedis({ folder: place }), (at) =>
      run('truncate', ['-s', '-9', join(at, 'dump.rdb')]),
    );
    const error = await make(cut)
      .drill()
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'DRILL_FAILED',
      reports: [
        { error: { code: 'RESTORE_FAILED', message: expect.stringMatching(/redis-server did not start/) } },
      ],
    });
    const none = make(scratchRedis({ folder: place, binDir: '/nonexistent' }));
    await expect(none.drill()).rejects.toMatchObject({ code: 'BACKUP_TOOL_MISSING' });
    expect(await readdir(place)).toEqual([]);
  });

  it('knows from the head of the dump how many keys the first database had', async () => {
    await using server = await startRedis();
    const env = { PATH: process.env.PATH, REDISCLI_AUTH: server.password };
    const ask = (...args: readonly string[]) =>
      run('redis-cli', ['-p', String(server.port), ...args], { env, encoding: 'buffer', maxBuffer: 1e8 });
    const sizeOf = async (step: number) => {
      const { stdout } = await ask('--rdb', '-');
      const size = new RdbFirstSize();
      for (let at = 0; at < stdout.length; at += step) size.push(stdout.subarray(at, at + step));
      return size.found();
    };
    await ask('config', 'set', 'repl-diskless-sync-delay', '0');
    expect(await sizeOf(100)).toBeUndefined();
    await ask('-n', '2', 'eval', "for i=1,70 do redis.call('set', 'k'..i, i) end", '0');
    expect(await sizeOf(1)).toEqual({ name: 'db2', keys: 70 });
    await ask(
      'function',
      'load',
      `#!lua name=mine\n${'-- a comment\n'.repeat(500)}redis.register_function('f', function() return 1 end)`,
    );
    await ask('eval', "for i=1,20000 do redis.call('set', 'k'..i, i) end", '0');
    expect(await sizeOf(1_000)).toEqual({ name: 'db0', keys: 20_000 });
  });
});

describe('what scratch folders are told', () => {
  it.each([
    [() => scratchFiles({ folder: 'drills' }), /"folder" must be an absolute path/],
    [() => scratchFiles({ folder: '/x', open: 1 } as never), /scratchFiles/],
    [() => scratchRedis({ folder: '/x', bindir: '/y' } as never), /Did you mean "binDir"/],
    [() => scratchPglite({ folder: '/x' } as never), /"open" must be a function/],
  ])('is refused: %s', (make, message) => {
    expect(make).toThrow(message);
  });
});
