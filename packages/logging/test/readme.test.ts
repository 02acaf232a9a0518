import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { needsBuild } from './support/run-fixture.js';
import { linesOf, parseLines, tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

const folder = fileURLToPath(new URL('../', import.meta.url));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);

/** The example that holds this text. */
function exampleWith(text: string): string {
  return examples.find((code) => code.includes(text)) ?? '';
}

/** Runs an example as it stands, from the package's folder, where its own name resolves to its build. */
function run(code: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
    env: { PATH: process.env.PATH },
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return parseLines(stdout);
}

test('the first example of the README runs and writes what it says', () => {
  const logs = tempFolder();
  const lines = run((examples[0] ?? '').replaceAll("file('logs/", `file('${logs}/`));
  expect(lines.map(({ message }) => message)).toEqual([
    'Order paid',
    'Payment failed',
    'Retrying',
    'Working',
    'Request completed',
  ]);
  expect(lines[0]).toMatchObject({ user: { name: 'ada', nationalId: '[redacted]' } });
  expect(lines[3]?.requestId).toBe(lines[4]?.requestId);
  expect(lines[4]).toMatchObject({ url: '/hello?token=[redacted]' });
  expect(linesOf(join(logs, 'error.log'))).toEqual([lines[1]]);
  expect(linesOf(join(logs, 'combined.log'))).toEqual(lines);
});

test('the example with Express in the README runs', () => {
  const listening = `.listen(0, '127.0.0.1', async function () {
    await (await fetch(\`http://127.0.0.1:\${this.address().port}/lost\`)).text();
    this.close();
  })`;
  const lines = run(exampleWith('messageClasses').replace('.listen(3000)', listening));
  expect(lines).toMatchObject([{ message: 'Request completed', url: '/lost', statusCode: 404 }]);
});

test('the example of contexts in the README runs', () => {
  expect(run(exampleWith('outboundHeaders'))).toEqual([
    expect.objectContaining({ message: 'Started', jobId: 'j-1' }),
  ]);
});

test('the example of an audit log in the README records what verifies', () => {
  const logs = tempFolder();
  const [verdict] = run(exampleWith('createAuditLog').replaceAll("'logs/", `'${logs}/`));
  expect(verdict).toMatchObject({ ok: true, unsigned: 0 });
});

test('the example of shipping in the README runs, and keeps the lines while its receivers are down', () => {
  const spools = tempFolder();
  const lines = run(
    exampleWith('logging/shipping')
      .replaceAll("'spool/", `'${spools}/`)
      .replace('http://elasticsearch:9200', 'http://127.0.0.1:1')
      .replace("host: 'fluentd', port: 24224", "host: '127.0.0.1', port: 1"),
  );
  expect(lines.map(({ message }) => message)).toContain('Shipped');
  for (const name of ['elasticsearch', 'fluentd']) {
    const spooled = readdirSync(join(spools, name)).filter((file) => file.endsWith('.spool'));
    expect(readFileSync(join(spools, name, spooled[0] ?? ''), 'utf8')).toContain('"message":"Shipped"');
  }
});

test('every test that the README points to exists', () => {
  const files = [...readme.matchAll(/\]\((test\/[\w/-]+\.test\.ts)\)/g)].map(([, path = '']) => path);
  const titles = [...readme.matchAll(/\]\((test\/[\w/-]+\.test\.ts)\)([^|;[]* _[^|;[]+_)/g)];
  expect(files.length).toBeGreaterThan(15);
  expect(titles.length).toBeGreaterThan(15);
  for (const path of files) expect(() => readFileSync(join(folder, path))).not.toThrow();
  for (const [, path = '', cited = ''] of titles) {
    const source = readFileSync(join(folder, path), 'utf8');
    for (const [, title = ''] of cited.matchAll(/ _([^_]+)_/g)) {
      for (const part of title.split('…').map((piece) => piece.trim())) {
        const asWritten = part.replace('on the direct path', 'on %s');
        expect(source, `${path}: ${title}`).toContain(asWritten);
      }
    }
  }
});

test('the example of Sentry in the README runs, and without a DSN sends nothing', () => {
  expect(run(examples.find((code) => code.includes('logging/sentry')) ?? '')).toEqual([]);
});
