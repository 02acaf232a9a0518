import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineConfig, env } from '../../src/index.js';
import { canaryEnvironment, scanBundle } from '../../src/tools/index.js';
import { tempFolder } from '../support/temp-folder.js';

const secret = `k7Q"p2'x\`Vb9\\Lm$\{Z4}tRw+8/Nc<Yd>3&Hs6Jü`;
const inFile = (content: string | Uint8Array, name = 'app.js') => {
  const folder = tempFolder();
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets', name), content);
  return folder;
};
const found = async (content: string | Uint8Array, name?: string) =>
  (await scanBundle({ folder: inFile(content, name), values: { KEY: secret } })).findings;

/** As `\\u002f`. */
function escaped(text: string, signs: RegExp, inCapitals = false): string {
  const code = (sign: string) => sign.charCodeAt(0).toString(16).padStart(4, '0');
  return text.replace(signs, (sign) => `\\u${inCapitals ? code(sign).toUpperCase() : code(sign)}`);
}

function escapedHtml(quote: string, apostrophe: string): string {
  const signs: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': quote,
    "'": apostrophe,
  };
  return secret.replace(/[&<>"']/g, (sign) => signs[sign] ?? sign);
}

describe('the value of a secret is found in a built file', () => {
  const json = JSON.stringify(secret);
  const cases: ReadonlyArray<readonly [string, string | Uint8Array, string?]> = [
    ['as it is', `const a=1;${secret};`],
    ['in JSON', `{"key":${json}}`],
    ['in JSON that is a JavaScript string', `JSON.parse(${JSON.stringify(`{"key":${json}}`)})`],
    ['in a string with apostrophes', `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`],
    [
      'in a template',
      `\`${secret.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``,
    ],
    ['with other characters than ASCII escaped', json.replace('ü', '\\u00fc')],
    ['with them escaped in capitals', json.replace('ü', '\\u00FC')],
    ['in JSON as serialize-javascript writes it', escaped(json, /[<>/]/g, true)],
    ['in JSON as Next.js writes it into a page', escaped(json, /[<>&]/g)],
    ['in JSON as Django writes it into a page', escaped(json, /[<>&]/g, true)],
    ['in JSON with slashes escaped', json.replaceAll('/', '\\/')],
    [
      'in HTML as Mustache writes it',
      escapedHtml('&quot;', '&#39;').replace(
        /[/`=]/g,
        (sign) => `&#x${sign.charCodeAt(0).toString(16).toUpperCase()};`,
      ),
    ],
    ['in HTML as Handlebars writes it', escapedHtml('&quot;', '&#x27;').replaceAll('`', '&#x60;')],
    ['in HTML as EJS writes it', escapedHtml('&#34;', '&#39;')],
    ['percent-encoded', `?key=${encodeURIComponent(secret)}`],
    [
      'percent-encoded in small letters',
      encodeURIComponent(secret).replace(/%../g, (sign) => sign.toLowerCase()),
    ],
    ['as a form', `?${new URLSearchParams({ key: secret })}`],
    [
      'in HTML',
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#39;'),
    ],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['in Base64', Buffer.from(secret).toString('base64')],
    ['in Base64 for URLs', Buffer.from(secret).toString('base64url')],
    ['in Base64 of more than the secret', Buffer.from(`{"a":1,"key":"${secret}","b":2}`).toString('base64')],
    ['in UTF-16', Buffer.from(`x${secret}`, 'utf16le')],
    ['in a source map', JSON.stringify({ sourcesContent: [`const key = ${json}`] }), 'app.js.map'],
    ['in a compressed file', gzipSync(`var a=${json}`), 'app.js.gz'],
    ['in a file that Brotli compressed', brotliCompressSync(`var a=${json}`), 'app.js.br'],
    ['behind much that is none', `${'x'.repeat(300_000)}${secret}`],
  ];
  test.each(cases.map(([how, content, name = 'app.js']) => ({ how, content, name })))(
    '$how',
    async (given) => {
      const findings = await found(given.content, given.name);
      expect(findings).toMatchObject([{ file: join('assets', given.name), name: 'KEY' }]);
      expect(JSON.stringify(findings)).not.toContain('k7Q');
    },
  );

  test('the password of a URL, from its query too', async () => {
    for (const url of ['redis://u:k7Qp2xVb9Lm%2F@h', 'redis://h?password=k7Qp2xVb9Lm%2F']) {
      const folder = inFile(`"k7Qp2xVb9Lm/"`);
      const { findings } = await scanBundle({ folder, values: { REDIS_URL: url } });
      expect(findings).toMatchObject([{ name: 'REDIS_URL (its password)' }]);
    }
  });

  test('wherever a piece of the stream ends, and with its offset', async () => {
    for (const before of [65_500, 65_520, 65_535, 65_536]) {
      expect(await found(`${'x'.repeat(before)}${secret}`)).toMatchObject([{ offset: before }]);
    }
  });

  test('whatever characters it has and whatever stands around it in Base64', async () => {
    const text = fc.string({ unit: 'grapheme-ascii', minLength: 12, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, fc.string({ maxLength: 5 }), fc.nat(4), async (value, around, way) => {
        const ways = [
          value,
          JSON.stringify(value),
          encodeURIComponent(value),
          Buffer.from(`${around}${value}${around}`).toString('base64'),
          Buffer.from(`${around}${value}${around}`).toString('base64url'),
        ];
        const folder = inFile(`a${around}${ways[way]}${around}`);
        const { clean } = await scanBundle({ folder, values: { KEY: value } });
        expect(clean).toBe(false);
      }),
      { numRuns: size({ test: 100, soak: 3_000 }) },
    );
  });
});

test('the secrets of a configuration are looked for, lists and the passwords of URLs too, and nothing else of it', async () => {
  const schema = defineConfig({
    fields: {
      DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(),
      KEYS: env.list(env.string().secret()),
      API_HOST: env.string(),
    },
  });
  const keys = ['k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue', 'Zt5Rb8Wq1Xn4Kc7Mv0Ly3Pd6Gh9Js2Fa'];
  const variables = {
    DATABASE_URL: 'postgres://app:x9%2FfQ2zL7pW@db.internal/app',
    KEYS: keys.join(),
    API_HOST: 'api.example.com',
  };
  const config = schema.load({ env: variables, cwd: '/nonexistent' });
  const scan = async (content: string) => {
    const { findings } = await scanBundle({ folder: inFile(content), config });
    return findings.map(({ name }) => name);
  };
  expect(await scan(`fetch("${variables.API_HOST}")`)).toEqual([]);
  expect(await scan(`"${variables.DATABASE_URL}"`)).toEqual(['DATABASE_URL', 'DATABASE_URL (its password)']);
  expect(await scan('"x9/fQ2zL7pW"')).toEqual(['DATABASE_URL (its password)']);
  expect(await scan(`"${keys[1]}"`)).toEqual(['KEYS']);
});

test('a clean bundle is clean, and says how much was seen', async () => {
  const folder = inFile('console.log(1)');
  symlinkSync('..', join(folder, 'assets', 'up'));
  symlinkSync('nowhere', join(folder, 'assets', 'gone'));
  expect(await scanBundle({ folder, values: { KEY: secret, PIN: '1234' } })).toEqual({
    clean: true,
    files: 2,
    bytes: 29,
    findings: [],
    unread: [],
    tooShort: ['PIN'],
  });
});

test('what cannot be read to its end is not clean: a damaged archive, and one that is too large', async () => {
  const damaged = await scanBundle({ folder: inFile('no archive', 'app.js.gz'), values: { KEY: secret } });
  expect(damaged).toMatchObject({ clean: false, unread: [join('assets', 'app.js.gz')] });
  const bomb = inFile(gzipSync('x'.repeat(2_000_000)), 'app.js.gz');
  const large = await scanBundle({ folder: bomb, values: { KEY: secret }, maxFileBytes: 1_000_000 });
  expect(large).toMatchObject({ clean: false, unread: [join('assets', 'app.js.gz')] });
});

test('a scan that would see nothing is refused', async () => {
  const folder = tempFolder();
  await expect(scanBundle({ folder, values: { KEY: secret } })).rejects.toThrow('build first');
  await expect(scanBundle({ folder: join(folder, 'none'), values: { KEY: secret } })).rejects.toThrow(
    'build first',
  );
  await expect(scanBundle({ folder: inFile('x'), config: { PORT: 1 } })).rejects.toThrow(
    'nothing to look for',
  );
  await expect(scanBundle({ folder, value: {} } as never)).rejects.toThrow('"values"');
});

test('canaries stand for every variable that may not reach a browser, and a build with one of them is not clean', async () => {
  const schema = defineConfig({
    fields: { JWT_SECRET: env.string().secret(), PORT: env.port(), VITE_URL: env.url().client() },
  });
  expect(schema.exposures).toEqual({ JWT_SECRET: 'secret', PORT: 'server', VITE_URL: 'client' });
  const canaries = canaryEnvironment(schema);
  expect(Object.keys(canaries)).toEqual(['JWT_SECRET', 'PORT']);
  expect(canaries).not.toEqual(canaryEnvironment(schema));
  const { findings } = await scanBundle({ folder: inFile(`"${canaries.JWT_SECRET}"`), values: canaries });
  expect(findings.map(({ name }) => name)).toEqual(['JWT_SECRET']);
});
