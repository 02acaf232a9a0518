import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineConfig, env } from '../src/index.js';
import { tempFolder } from './support/temp-folder.js';

const schema = defineConfig({
  fields: {
    PORT: env.port().default(3001),
    LOG_LEVEL: env.string(),
    DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(),
    REDIS_URL: env.string().optional(),
  },
});

function loadExample() {
  const cwd = tempFolder();
  writeFileSync(
    join(cwd, '.env'),
    '# the defaults of the team\nLOG_LEVEL=canary-a\nDATABASE_URL=postgres://u:canary-b@h/db\n',
  );
  writeFileSync(join(cwd, '.env.local'), 'LOG_LEVEL=canary-c\n');
  return schema.load({ env: { NODE_ENV: 'development', LOG_LEVEL: 'canary-d' }, cwd });
}

test('explain tells where every value came from and what it shadowed, with file and line, and no value', () => {
  const text = schema.explain(loadExample());
  expect(text).toBe(`profile development, from NODE_ENV
PORT                  default
LOG_LEVEL             the process environment (shadows .env.local:1, .env:2)
DATABASE_URL  secret  .env:3
REDIS_URL             not set
`);
});

test('origins tells the same as data', () => {
  expect(schema.origins(loadExample())[1]).toEqual({
    name: 'LOG_LEVEL',
    state: 'set',
    secret: false,
    origin: { source: 'environment', at: 'the process environment' },
    shadowed: [
      { source: 'dotenv', at: '.env.local:1', file: '.env.local', line: 1 },
      { source: 'dotenv', at: '.env:2', file: '.env', line: 2 },
    ],
  });
});

test('a configuration that another schema loaded is refused', () => {
  const config = loadExample();
  expect(() => schema.explain({ ...config })).toThrow('was not loaded by this schema');
});
