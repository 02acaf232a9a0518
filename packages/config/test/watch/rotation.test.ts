import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { size, spawnNode, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { type ConfigWatch, defineConfig, env, sources } from '../../src/index.js';
import { tempFolder } from '../support/temp-folder.js';
import { createVolume } from '../support/volume.js';

const schema = defineConfig({
  fields: { TLS_CERT: env.string(), TLS_KEY: env.string().secret({ minBytes: 1 }) },
});

type Pair = ReturnType<typeof schema.load>;

/** Both files of generation `n` say so. */
const generation = (n: number) => ({ 'tls-cert': `generation-${n}`, 'tls-key': `generation-${n}` });

const pairOf = (config: Pair) => [config.TLS_CERT, config.TLS_KEY.reveal()];

function nextChange(live: ConfigWatch<Pair>): Promise<Pair> {
  return new Promise((resolve) => {
    const stop = live.on('change', ({ next }) => {
      stop();
      resolve(next);
    });
  });
}

const rotations = size({ test: 60, soak: 1_000 });

test.each([
  ['a secrets directory', (folder: string) => ({ sources: [sources.directory(folder)] })],
  [
    'X_FILE of two variables',
    (folder: string) => ({
      env: { TLS_CERT_FILE: join(folder, 'tls-cert'), TLS_KEY_FILE: join(folder, 'tls-key') },
      sources: [sources.files()],
    }),
  ],
])(
  `of ${rotations} awaited rotations of a Kubernetes volume none is missed and none is read mixed: %s`,
  async (_, options) => {
    const volume = createVolume(join(tempFolder(), 'tls'));
    volume.swap(generation(0));
    await using live = await schema.watch({
      env: {},
      ...options(volume.path),
      filePoll: 3_600_000, // so that no poll covers for a missed event
      debounce: 5,
    });
    const rejected: unknown[] = [];
    live.on('rejected', (error) => rejected.push(error.problems));
    const seen: string[][] = [];
    for (let n = 1; n <= rotations; n += 1) {
      const changed = nextChange(live);
      volume.swap(generation(n));
      seen.push(pairOf(await changed));
    }
    expect(seen).toEqual(seen.map((_pair, index) => [`generation-${index + 1}`, `generation-${index + 1}`]));
    expect(rejected).toEqual([]);
  },
);

test('a volume that is swapped as fast as another process can is never read mixed, nor half, nor as missing', async () => {
  const volume = createVolume(join(tempFolder(), 'tls'));
  volume.swap(generation(0));
  const script = fileURLToPath(new URL('../fixtures/swap-for-ever.mjs', import.meta.url));
  await using swapper = spawnNode(script, { args: [volume.path] });
  await swapper.output(/swapping/);
  const reads = size({ test: 1_500, soak: 30_000 });
  const generations = new Set<string | undefined>();
  // Longer where the other process has not had its turn yet.
  const giveUpAt = performance.now() + 50_000;
  const isMet = (): boolean => generations.size > 3 || performance.now() > giveUpAt;
  for (let read = 0; read < reads || !isMet(); read += 1) {
    const [cert, key] = pairOf(schema.load({ env: {}, sources: [sources.directory(volume.path)] }));
    expect(key).toBe(cert);
    generations.add(cert);
  }
  expect(generations.size).toBeGreaterThan(3);
  swapper.kill('SIGTERM');
  await swapper.exited;
});

test('a watch stays with the swaps of another process, and ends with the last of them', async () => {
  const volume = createVolume(join(tempFolder(), 'tls'));
  volume.swap(generation(0));
  await using live = await schema.watch({
    env: {},
    sources: [sources.directory(volume.path)],
    filePoll: 3_600_000,
  });
  const mixed: string[][] = [];
  live.on('change', ({ next }) => {
    const [cert = '', key = ''] = pairOf(next);
    if (cert !== key) mixed.push([cert, key]);
  });
  const script = fileURLToPath(new URL('../fixtures/swap-for-ever.mjs', import.meta.url));
  const swaps = size({ test: 300, soak: 5_000 });
  await using swapper = spawnNode(script, { args: [volume.path, String(swaps)] });
  await swapper.exited;
  await waitFor(() => live.current.TLS_CERT === `generation-${swaps}`, {
    what: 'the last swap',
    timeoutMs: 30_000,
  });
  expect(pairOf(live.current)).toEqual([`generation-${swaps}`, `generation-${swaps}`]);
  expect(mixed).toEqual([]);
});
