import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createFakeClock, spawnNode, waitFor } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { defineConfig, env, sources, type WatchOptions } from '../../src/index.js';
import { createFileWatcher } from '../../src/watch/file-watcher.js';
import { tempFolder } from '../support/temp-folder.js';
import { createVolume } from '../support/volume.js';

const schema = defineConfig({ fields: { NAME: env.string(), OTHER: env.string().optional() } });

/** Without polling, so that only events can show a change. */
const eventsOnly: WatchOptions = { filePoll: 3_600_000, debounce: 5 };

async function watchFile(path: string, options: WatchOptions = eventsOnly) {
  return schema.watch({ env: { NAME_FILE: path }, sources: [sources.files()], ...options });
}

async function become(live: { readonly current: { readonly NAME: string } }, name: string): Promise<void> {
  await waitFor(() => live.current.NAME === name, { what: `the value ${name}`, timeoutMs: 20_000 });
}

describe('a watch survives, on the real file system and without polling,', () => {
  test('the swaps of a Kubernetes volume, the second and third too', async () => {
    const volume = createVolume(join(tempFolder(), 'volume'));
    volume.swap({ name: 'a' });
    await using live = await watchFile(join(volume.path, 'name'));
    for (const name of ['b', 'c', 'd']) {
      volume.swap({ name });
      await become(live, name);
    }
  });

  test('an editor that renames a new file over the old one', async () => {
    const folder = tempFolder();
    const path = join(folder, 'name');
    writeFileSync(path, 'a');
    await using live = await watchFile(path);
    for (const name of ['b', 'c', 'd']) {
      writeFileSync(join(folder, '.name.swp'), name);
      renameSync(join(folder, '.name.swp'), path);
      await become(live, name);
    }
  });

  test('an editor that moves the old file away and writes a new one', async () => {
    const path = join(tempFolder(), 'name');
    writeFileSync(path, 'a');
    await using live = await watchFile(path);
    for (const name of ['b', 'c']) {
      renameSync(path, `${path}~`);
      writeFileSync(path, name);
      await become(live, name);
    }
  });

  test('a file that is written in place', async () => {
    const path = join(tempFolder(), 'name');
    writeFileSync(path, 'a');
    await using live = await watchFile(path);
    appendFileSync(path, 'b');
    await become(live, 'ab');
    writeFileSync(path, 'c');
    await become(live, 'c');
  });

  test('a folder that is deleted, stays away and is made again, several times', async () => {
    const folder = join(tempFolder(), 'secrets');
    mkdirSync(folder);
    writeFileSync(join(folder, 'name'), 'a');
    await using live = await watchFile(join(folder, 'name'));
    for (const name of ['b', 'c', 'd']) {
      rmSync(folder, { recursive: true });
      await waitFor(() => live.rejection !== undefined, { what: 'the rejection' });
      expect(live.current.NAME).not.toBe(name);
      mkdirSync(folder);
      writeFileSync(join(folder, 'name'), name);
      await become(live, name);
      expect(live.rejection).toBeUndefined();
    }
  });

  test('a folder that is deleted and made again at once', async () => {
    const folder = join(tempFolder(), 'secrets');
    mkdirSync(folder);
    writeFileSync(join(folder, 'name'), 'a');
    await using live = await watchFile(join(folder, 'name'));
    for (const name of ['b', 'c', 'd']) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
      writeFileSync(join(folder, 'name'), name);
      await become(live, name);
    }
  });

  test('parents of the folder that are renamed, and others that take their place', async () => {
    const root = tempFolder();
    const path = join(root, 'a', 'b', 'c', 'name');
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'a');
    mkdirSync(join(root, 'next', 'b', 'c'), { recursive: true });
    writeFileSync(join(root, 'next', 'b', 'c', 'name'), 'b');
    await using live = await watchFile(path);
    renameSync(join(root, 'a'), join(root, 'old'));
    renameSync(join(root, 'next'), join(root, 'a'));
    await become(live, 'b');
    writeFileSync(path, 'c');
    await become(live, 'c');
  });

  test('links that are led elsewhere, and changes where they lead', async () => {
    const root = tempFolder();
    for (const name of ['one', 'two']) {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'name'), name);
    }
    symlinkSync('one', join(root, 'current'));
    symlinkSync(join(root, 'current', 'name'), join(root, 'name'));
    await using live = await watchFile(join(root, 'name'));
    expect(live.current.NAME).toBe('one');
    symlinkSync('two', join(root, 'next'));
    renameSync(join(root, 'next'), join(root, 'current'));
    await become(live, 'two');
    writeFileSync(join(root, 'two', 'name'), 'three');
    await become(live, 'three');
  });

  test('files that were not there at the start', async () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, '.env'), 'NAME=a');
    await using live = await schema.watch({ env: { APP_ENV: 'development' }, cwd, ...eventsOnly });
    writeFileSync(join(cwd, '.env.local'), 'NAME=b');
    await become(live, 'b');
    writeFileSync(join(cwd, '.env.development.local'), 'NAME=c');
    await become(live, 'c');
    unlinkSync(join(cwd, '.env.development.local'));
    await become(live, 'b');
  });

  test('a variable that begins to name another file, in a folder that nobody watched', async () => {
    const [cwd, elsewhere] = [tempFolder(), tempFolder()];
    writeFileSync(join(cwd, 'name'), 'a');
    writeFileSync(join(elsewhere, 'name'), 'b');
    writeFileSync(join(cwd, '.env'), 'NAME_FILE=name');
    await using live = await schema.watch({ env: { APP_ENV: 'development' }, cwd, ...eventsOnly });
    writeFileSync(join(cwd, '.env'), `NAME_FILE=${join(elsewhere, 'name')}`);
    await become(live, 'b');
    writeFileSync(join(elsewhere, 'name'), 'c');
    await become(live, 'c');
  });

  test('new and removed files of a secrets directory', async () => {
    const folder = join(tempFolder(), 'secrets');
    mkdirSync(folder);
    writeFileSync(join(folder, 'name'), 'a');
    const directory = [sources.directory(folder)];
    await using live = await schema.watch({ env: {}, sources: directory, ...eventsOnly });
    writeFileSync(join(folder, 'other'), 'x');
    await waitFor(() => live.current.OTHER === 'x');
    unlinkSync(join(folder, 'other'));
    await waitFor(() => live.current.OTHER === undefined);
  });
});

test('many changes leave no more watches in the kernel than one, and close leaves none', async () => {
  const volume = createVolume(join(tempFolder(), 'volume'));
  volume.swap({ name: 'a' });
  const before = kernelWatches();
  const live = await watchFile(join(volume.path, 'name'));
  const one = kernelWatches();
  expect(one).toBeGreaterThan(before);
  for (let n = 0; n < 30; n += 1) {
    volume.swap({ name: `n${n}` });
    await become(live, `n${n}`);
  }
  expect(kernelWatches()).toBe(one);
  await live.close();
  await waitFor(() => kernelWatches() === before, { what: 'the kernel to have let go' });
});

/** How many folders this process has under inotify. */
function kernelWatches(): number {
  return readdirSync('/proc/self/fdinfo')
    .map((descriptor) => readIfThere(`/proc/self/fdinfo/${descriptor}`).match(/^inotify wd:/gm)?.length ?? 0)
    .reduce((sum, count) => sum + count, 0);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // closed since it was listed
  }
}

describe('where no event comes', () => {
  test('a file system that gives none is polled', async () => {
    const script = fileURLToPath(new URL('../fixtures/rename-itself.mjs', import.meta.url));
    await using child = spawnNode(script);
    await child.output(/named first/);
    // The kernel writes this file, and tells nobody.
    const path = `/proc/${child.pid}/comm`;
    await using live = await watchFile(path, { filePoll: 20 });
    expect(live.current.NAME).toBe('first');
    child.write('second\n');
    await become(live, 'second');
    child.write('third\n');
    await become(live, 'third');
  });

  test('a poll finds what events did not tell, by the clock alone', async () => {
    const script = fileURLToPath(new URL('../fixtures/rename-itself.mjs', import.meta.url));
    await using child = spawnNode(script);
    await child.output(/named first/);
    const clock = createFakeClock();
    await using live = await watchFile(`/proc/${child.pid}/comm`, { clock, filePoll: 5_000 });
    child.write('second\n');
    await child.output(/named second/);
    await clock.advance(4_999);
    expect(live.current.NAME).toBe('first');
    await clock.advance(1);
    expect(live.current.NAME).toBe('second');
  });

  test('a folder that cannot be watched is left out, and the others are watched', () => {
    const watched: string[] = [];
    const watcher = createFileWatcher(
      () => undefined,
      (folder) => {
        if (folder === '/') throw Object.assign(new Error('no watches left'), { code: 'ENOSPC' });
        watched.push(folder);
        return { close: () => undefined, on: () => undefined as never };
      },
    );
    watcher.arm({ files: [join(tempFolder(), 'name')], folders: [] });
    expect(watched.length).toBeGreaterThan(0);
    expect(watched).not.toContain('/');
    watcher.close();
  });
});
