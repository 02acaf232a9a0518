import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defineConfig, env } from '../../src/index.js';
import { writeArtifacts } from '../../src/tools/index.js';
import { tempFolder } from '../support/temp-folder.js';

const schema = defineConfig({ fields: { PORT: env.port().default(3001), NAME: env.string() } });
const files = { envExample: '.env.example', markdown: 'docs/env.md', jsonSchema: 'env.schema.json' };

test('writes the documents, and the second time the same bytes', async () => {
  const cwd = tempFolder();
  const states = async () => (await writeArtifacts(schema, { ...files, cwd })).map(({ state }) => state);
  expect(await states()).toEqual(['written', 'written', 'written']);
  const read = () => Object.values(files).map((file) => readFileSync(join(cwd, file), 'utf8'));
  const first = read();
  expect(await states()).toEqual(['same', 'same', 'same']);
  expect(read()).toEqual(first);
  expect(first[0]).toBe(schema.toEnvExample());
  expect(JSON.parse(first[2] ?? '')).toEqual(schema.toJSONSchema());
  expect(readdirSync(cwd).sort()).toEqual(['.env.example', 'docs', 'env.schema.json']);
});

test('with check says what is stale and writes nothing', async () => {
  const cwd = tempFolder();
  const check = () => writeArtifacts(schema, { ...files, cwd, check: true });
  expect((await check()).map(({ state }) => state)).toEqual(['stale', 'stale', 'stale']);
  expect(readdirSync(cwd)).toEqual([]);
  await writeArtifacts(schema, { ...files, cwd });
  expect((await check()).map(({ state }) => state)).toEqual(['same', 'same', 'same']);
  writeFileSync(join(cwd, '.env.example'), `${schema.toEnvExample()}EXTRA=1\n`);
  expect((await check())[0]).toEqual({ file: '.env.example', state: 'stale' });
});

test('line ends that git changed are not stale', async () => {
  const cwd = tempFolder();
  writeFileSync(join(cwd, '.env.example'), schema.toEnvExample().replaceAll('\n', '\r\n'));
  const [artifact] = await writeArtifacts(schema, { envExample: '.env.example', cwd, check: true });
  expect(artifact?.state).toBe('same');
});

test('a table between markers leaves the rest of the file as it is', async () => {
  const cwd = tempFolder();
  const path = join(cwd, 'README.md');
  writeFileSync(path, '# Service\n\n<!-- config:begin -->\nold\n<!-- config:end -->\n\nMore.\n');
  const write = () => writeArtifacts(schema, { markdown: 'README.md', cwd });
  expect((await write())[0]?.state).toBe('written');
  expect(readFileSync(path, 'utf8')).toBe(
    `# Service\n\n<!-- config:begin -->\n\n${schema.toMarkdown()}\n<!-- config:end -->\n\nMore.\n`,
  );
  expect((await write())[0]?.state).toBe('same');
  writeFileSync(path, '<!-- config:end -->\n<!-- config:begin -->\n');
  await expect(write()).rejects.toThrow('README.md has one of');
});

test('no file at all, and a misspelt option, are refused', async () => {
  await expect(writeArtifacts(schema, {})).rejects.toThrow('name a file');
  await expect(writeArtifacts(schema, { envexample: 'x' } as never)).rejects.toThrow('"envExample"');
});
