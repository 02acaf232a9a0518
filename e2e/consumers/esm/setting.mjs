// What the parts share: a folder, a configuration, and how the names of what worked are printed.
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, env } from '@seaworthy/config';
import { createHealth, local, memory } from '@seaworthy/health';
import { createLogger, file } from '@seaworthy/logging';
import { createSecurity, memoryStore, policy } from '@seaworthy/security';
import * as z from 'zod';

export const folder = await mkdtemp(join(tmpdir(), 'seaworthy-consumer-'));
/** Nothing listens on the port 1 of this machine: a server that is down. */
export const nowhere = '127.0.0.1:1';

/** Prints the entries that did their work, one line a part. */
export async function used(name, work) {
  await work();
  console.log(name);
}

export const schema = defineConfig({
  fields: {
    APP_ENV: env.profile(),
    PORT: env.port({ allowZero: true }),
    API_KEY: env.string().secret(),
    REGION: z.enum(['eu', 'us']).default('eu'),
  },
});
export const variables = { APP_ENV: 'test', PORT: '0', API_KEY: 'q8Zp2Lx0Vb7Nc4Tm6Hw1Rk9Ds3Gf5JyE2' };
export const sources = { env: variables, cwd: folder };

export const logFile = join(folder, 'service.log');
export const newLogger = () =>
  createLogger({ service: 'consumer', environment: 'test', sinks: [file(logFile)], process: false });
export const linesOf = async () =>
  (await readFile(logFile, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

export const newSecurity = () =>
  createSecurity({ limits: { policies: [policy('ip', { limit: 2, per: '1m' })], store: memoryStore() } });
export const newHealth = () => createHealth({ checks: { memory: local(memory()) }, signals: false });
