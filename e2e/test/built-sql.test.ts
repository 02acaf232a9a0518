import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Configuration {
  readonly plugins: readonly { readonly path: string }[];
}

describe('the lint of this repository', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-lint-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What biome says of a file with this code, with the repository's own rules. */
  function lint(path: string, code: string): string {
    const configuration = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')) as Configuration;
    const plugins = configuration.plugins.map((plugin) => ({ ...plugin, path: join(root, plugin.path) }));
    // Without git: biome asks it for ignored files only below the repository.
    const config = JSON.stringify({ ...configuration, plugins, vcs: { enabled: false } });
    writeFileSync(join(folder, 'biome.json'), config);
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
    const args = ['lint', '--colors=off', '--max-diagnostics=50', `--config-path=${folder}`, path];
    const { stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/biome'), args, {
      cwd: folder,
      encoding: 'utf8',
    });
    return stdout + stderr;
  }

  const built = /SQL is put together from text/g;
  const store = 'examples/crm-app/server/src/clients/built.ts';
  const value = ['$', '{name}'].join('');

  it.each([
    ['a template', `\`select id from clients where name = '${value}'\``],
    ['a template over lines', `\`\n  insert into clients (name)\n  values ('${value}')\``],
    ['a sum', `'select id from clients where name = ' + name`],
    ['a sum that goes on', `'delete from clients where name = \\'' + name + '\\''`],
    ['an update', `\`UPDATE clients SET city = '${value}'\``],
  ])('bans a statement that is built from text: %s', (_what, statement) => {
    expect(lint(store, `export const built = (name: string) => ${statement};\n`).match(built)).not.toBeNull();
  });

  it('takes statements of the sql tag, text without values, and sentences', () => {
    const code = `declare const sql: (strings: TemplateStringsArray, ...values: readonly unknown[]) => unknown;
export const fine = (name: string) => [
  sql\`select id from clients where name = ${value}\`,
  sql\`\n    update clients set city = ${value}\`,
  \`Select a team from the list, ${value}.\`,
  'select id from clients',
];
`;
    const said = lint(store, code);
    expect(said).toContain('Checked 1 file');
    expect(said).not.toMatch(built);
  });
});
