import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, env } from '@seaworthy/config';
import { compareAll, compareProcesses } from './harness.mjs';

/** What a deployment of the KPI backend sets; the other variables have their defaults. */
const environment = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://app:p%40ss@database.internal:5432/app',
  JWT_SECRET: randomBytes(32).toString('hex'),
  CORS_ORIGIN: 'https://app.example.com, https://admin.example.com',
  FRONTEND_URL: 'https://app.example.com',
  BACKEND_URL: 'http://backend.internal:3001',
  REDIS_URL: 'redis://redis.internal:6379/0',
  REDIS_REQUIRED: 'true',
  SMTP_HOST: 'smtp.example.com',
  SMTP_PORT: '587',
  SMTP_SECURE: 'false',
  SMTP_USER: 'mailer',
  SMTP_PASS: randomBytes(12).toString('hex'),
  SMTP_FROM: 'noreply@example.com',
  RATE_LIMIT_WINDOW_MS: '900000',
  RATE_LIMIT_MAX_REQUESTS: '100',
  LOG_LEVEL: 'info',
};

/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [
  {
    name: 'reading a field',
    alternative: 'a frozen object',
    prepare: () => {
      const schema = defineConfig({
        fields: { PORT: env.port(), REDIS_DB: env.int(), LOG_LEVEL: env.string() },
      });
      const config = schema.load({ env: { PORT: '3001', REDIS_DB: '2', LOG_LEVEL: 'info' } });
      const frozen = Object.freeze({ PORT: 3001, REDIS_DB: 2, LOG_LEVEL: 'info' });
      return { ours: readFields(config), theirs: readFields(frozen) };
    },
  },
];

/**
 * Each library both ways: imported as an installed package, where finding one costs something even when it is empty, and in
 * one file with the program, as a bundler writes it.
 */
export default async function* measure() {
  const bare = [program('bare')];
  const [ours, envalid, zod] = ['load-ours', 'load-envalid', 'load-zod'].map((name) => [program(name)]);
  yield await start('', 'node that does nothing', ours, bare);
  yield await start(', zod', 'zod alone', ours, zod);
  yield await start(', envalid', 'envalid', ours, envalid);
  yield await start(' with envalid', 'node that does nothing', envalid, bare);
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-'));
  try {
    const [oursInOne, envalidInOne] = ['load-ours', 'load-envalid'].map((name) => [bundle(name, folder)]);
    yield await start(', bundled', 'node that does nothing', oursInOne, bare);
    yield await start(', bundled, envalid', 'envalid, bundled', oursInOne, envalidInOne);
    yield await start(' with envalid, bundled', 'node that does nothing', envalidInOne, bare);
  } finally {
    rmSync(folder, { recursive: true });
  }
  yield* compareAll(import.meta.url, pairs);
}

/**
 * @param {string} how
 * @param {string} alternative
 * @param {readonly string[] | undefined} ours
 * @param {readonly string[] | undefined} theirs
 */
function start(how, alternative, ours = [], theirs = []) {
  const name = `import and load 30 variables${how}`;
  return compareProcesses({ name, alternative, ours, theirs, env: environment });
}

/**
 * One file with the program and all that it imports, as a service is built; by the esbuild that comes with tsup.
 *
 * @param {string} name
 * @param {string} folder
 */
function bundle(name, folder) {
  const require = createRequire(import.meta.url);
  const esbuild = createRequire(require.resolve('tsup'))('esbuild');
  const outfile = join(folder, `${name}.mjs`);
  const options = { bundle: true, platform: 'node', target: 'node20', format: 'esm' };
  esbuild.buildSync({ ...options, entryPoints: [program(name)], outfile });
  return outfile;
}

/** @param {string} name */
function program(name) {
  return fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
}

/**
 * A loop compiled for each object alone, so that neither knows the shape of the other; what it reads is used, so that it is read.
 *
 * @param {{ readonly PORT: number, readonly REDIS_DB: number, readonly LOG_LEVEL: string }} config
 */
function readFields(config) {
  const make = new Function(
    'config',
    `return (times) => {
       let sum = 0;
       for (let time = 0; time < times; time += 1) sum = (sum + config.PORT + config.REDIS_DB + config.LOG_LEVEL.length) | 0;
       return sum;
     };`,
  );
  return /** @type {(times: number) => number} */ (make(config));
}
