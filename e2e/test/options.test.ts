import { createBackups, local, mysql as mysqlDump, postgres as postgresDump } from '@seaworthy/backup';
import { connectRedis } from '@seaworthy/cache';
import { defineConfig, env } from '@seaworthy/config';
import { OptionsError } from '@seaworthy/contracts';
import { createDb } from '@seaworthy/db-pool';
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { pglite } from '@seaworthy/db-pool/pglite';
import { createHealth, local as localCheck } from '@seaworthy/health';
import { createLogger, createRedactor, file } from '@seaworthy/logging';
import { clientIp, createSecurity, memoryStore, policy } from '@seaworthy/security';
import { createService } from '@seaworthy/service';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';

const schema = defineConfig({ fields: { PORT: env.port().default(3000) } });

/** Each with one option misspelt; `never`, because the compiler refuses it too. */
const misspelt: Readonly<Record<string, readonly [call: () => unknown, meant: string]>> = {
  createService: [
    () => createService({ name: 'x', version: '1', config: schema, signal: false } as never),
    'signals',
  ],
  defineConfig: [() => defineConfig({ field: {} } as never), 'fields'],
  'schema.load': [() => schema.load({ evn: {} } as never), 'env'],
  createLogger: [() => createLogger({ service: 'x', environment: 'test', sink: [] } as never), 'sinks'],
  createRedactor: [() => createRedactor({ key: [] } as never), 'keys'],
  file: [() => file('/nonexistent/x.log', { maxBufer: '1mb' } as never), 'maxBuffer'],
  createHealth: [() => createHealth({ check: {} } as never), 'checks'],
  local: [() => localCheck(async () => undefined, { timout: '1s' } as never), 'timeout'],
  createSecurity: [() => createSecurity({ header: {} } as never), 'headers'],
  policy: [() => policy('ip', { limit: 1, pre: '1m' } as never), 'per'],
  clientIp: [() => clientIp({ trusts: [] } as never), 'trust'],
  memoryStore: [() => memoryStore({ maxKey: 1 } as never), 'maxKeys'],
  createDb: [() => createDb(pglite(), { url: 'memory://', deadlin: {} } as never), 'deadline'],
  createMigrations: [() => createMigrations({} as never, { foldr: 'x' } as never), 'folder'],
  connectRedis: [
    () => connectRedis(Redis, { url: 'redis://127.0.0.1:1', requird: false } as never),
    'required',
  ],
  createBackups: [() => createBackups({ source: {} } as never), 'sources'],
  'postgres dump': [() => postgresDump({ urll: 'postgres://127.0.0.1/x' } as never), 'url'],
  'mysql dump': [() => mysqlDump({ urll: 'mysql://127.0.0.1/x' } as never), 'url'],
};

describe('a misspelt option', () => {
  it.each(Object.entries(misspelt))('%s throws and names the right one', (_name, [call, meant]) => {
    let caught: unknown;
    try {
      call();
    } catch (error) {
      caught = error;
    }
    expect(OptionsError.is(caught) && [caught.code, caught.message]).toEqual([
      'UNKNOWN_OPTION',
      expect.stringContaining(`Did you mean "${meant}"?`),
    ]);
  });

  it('a folder that is not absolute is refused by name, too', () => {
    expect(() => local('relative')).toThrow(/absolute/);
  });
});
