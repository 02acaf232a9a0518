import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineConfig, env, sources } from '../src/index.js';

const schema = defineConfig({
  fields: {
    APP_ENV: env.profile(),
    PORT: env.port().default(3001).describe('Where the API listens.'),
    DATABASE_URL: env
      .url({ protocols: ['postgres:'] })
      .secret()
      .describe('The primary.\nNot a replica.'),
    JWT_SECRET: env
      .string()
      .secret()
      .default('dev-only-secret-dev-only-secret!', { only: ['development', 'test'] }),
    LOG_LEVEL: env
      .oneOf(['debug', 'info'])
      .default('info')
      .default('debug', { only: ['development'] }),
    APP_NAME: env.string().default('KPI | App #1'),
    VITE_API_URL: env.url().client().optional(),
    FEATURES: env.json().default({ note: "it's" }),
    PEM: env.string({ multiline: true }).default('a\nINJECTED=1\nb'),
  },
});

const example = `# Written from the schema of the configuration; change it there.
# A line that is commented out is optional or has that default.

# one of development, test, staging, production; optional
# APP_ENV=

# Where the API listens.
# a port from 1 to 65535; optional
# PORT=3001

# The primary.
# Not a replica.
# a URL that begins with postgres://; required; secret
DATABASE_URL=

# text, of at least 32 bytes; required in staging, production; secret
# in development, test: a development default
# make one: openssl rand -base64 32
# JWT_SECRET=

# one of debug, info; optional
# in development: debug
# LOG_LEVEL=info

# text; optional
# APP_NAME='KPI | App #1'

# a URL that begins with http:// or https://; optional; client
# VITE_API_URL=

# a JSON text; optional
# FEATURES=\`{"note":"it's"}\`

# text of one or more lines; optional
# PEM=
`;

describe('.env.example', () => {
  test('has every variable with what it accepts, and no default of a secret', () => {
    expect(schema.toEnvExample()).toBe(example);
    expect(schema.toEnvExample()).toBe(example);
  });

  test('as it is sets nothing', () => {
    expect(parseEnv(example)).toEqual({ DATABASE_URL: '' });
  });

  test('without the comment signs gives the defaults again, whatever characters they have', () => {
    const text = fc.string({ unit: fc.constantFrom(...`abn1 #'"\`\\$={}|,:`), minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        text.filter((value) => value.trim() === value),
        fc.maxSafeInteger(),
        (string, int) => {
          const some = defineConfig({
            fields: { A: env.string().default(string), B: env.int().default(int) },
          });
          const uncommented = some.toEnvExample().replaceAll(/^# (?=[A-Z]=)/gm, '');
          const written = some.load({ env: parseEnv(uncommented), sources: [sources.env()] });
          expect(written).toEqual({ A: string, B: int });
        },
      ),
      { numRuns: 1_000, examples: [["it's `a\\n`", 1]] },
    );
  });
});

test('the markdown table has a row a variable, and escapes what would break it', () => {
  expect(schema.toMarkdown()).toBe(`| Variable | Accepts | Needed | Default | Seen by | About |
| --- | --- | --- | --- | --- | --- |
| \`APP_ENV\` | one of development, test, staging, production | optional |  | server |  |
| \`PORT\` | a port from 1 to 65535 | optional | \`3001\` | server | Where the API listens. |
| \`DATABASE_URL\` | a URL that begins with postgres:// | required |  | secret | The primary. Not a replica. |
| \`JWT_SECRET\` | text, of at least 32 bytes | required in staging, production | a development default (development, test) | secret |  |
| \`LOG_LEVEL\` | one of debug, info | optional | \`info\`, \`debug\` (development) | server |  |
| \`APP_NAME\` | text | optional | \`KPI \\| App #1\` | server |  |
| \`VITE_API_URL\` | a URL that begins with http:// or https:// | optional |  | client |  |
| \`FEATURES\` | a JSON text | optional | \`{"note":"it's"}\` | server |  |
| \`PEM\` | text of one or more lines | optional | \`a\\nINJECTED=1\\nb\` | server |  |
`);
});
