import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';
import { runProgram } from '../consumers/run-program.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = readdirSync(join(root, 'docs/packages')).map((name) => `docs/packages/${name}`);

interface Block {
  /** Page and line, as a reader finds it. */
  readonly at: string;
  readonly code: string;
}

const blocks = pages.flatMap(blocksOf);

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(({ 1: code = '', index }) => ({
    at: `${page}:${text.slice(0, index).split('\n').length + 1}`,
    code,
  }));
}

/** The file that a reader's import of a package of the family runs; `undefined` when there is no such entry. */
function builtModule(specifier: string): string | undefined {
  const [, name = '', ...rest] = specifier.split('/');
  const folder = join(root, 'packages', name);
  if (!existsSync(folder)) return undefined;
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, Readonly<Record<string, string>> | string>>;
  };
  const entry = exports[['.', ...rest].join('/')];
  return typeof entry === 'object' ? join(folder, entry.default ?? '') : undefined;
}

interface Import {
  readonly specifier: string;
  readonly names: readonly string[];
}

/** @throws SyntaxError when the code is no ES module. */
function importsOf(code: string): Import[] {
  return parseAst(code).body.flatMap((statement) => {
    if (statement.type !== 'ImportDeclaration') return [];
    const names = statement.specifiers.flatMap((one) => {
      if (one.type === 'ImportSpecifier') return 'name' in one.imported ? one.imported.name : [];
      return one.type === 'ImportDefaultSpecifier' ? 'default' : [];
    });
    return { specifier: statement.source.value, names };
  });
}

describe('the pages of the packages', () => {
  it('are there for every package that is published, with recipes', () => {
    const published = readdirSync(join(root, 'packages')).filter((name) => name !== 'testkit');
    expect(pages.toSorted()).toEqual(published.map((name) => `docs/packages/${name}.md`).toSorted());
    for (const page of pages) expect(blocksOf(page).length, page).toBeGreaterThanOrEqual(2);
  });

  it.each(blocks)('$at is an ES module and names only what the built packages export', async ({ code }) => {
    for (const { specifier, names } of importsOf(code)) {
      if (!specifier.startsWith('@seaworthy/')) continue;
      const file = builtModule(specifier);
      expect(file, `${specifier} is no entry of a package`).toBeDefined();
      const exported: unknown = await import(pathToFileURL(file ?? '').href);
      expect(Object.keys(exported as object)).toEqual(expect.arrayContaining([...names]));
    }
  });
});

describe('the types of the pages', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seaworthy-docs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('fit: no option, method or argument is named that there is not', async () => {
    install(folder);
    const files = blocks.map(({ at, code }) => {
      const name = `${at.replaceAll(/\W+/g, '-')}.mjs`;
      writeFileSync(join(folder, name), code);
      return name;
    });
    const compilerOptions = {
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      module: 'nodenext',
      allowJs: true,
      checkJs: true,
      strict: true,
      noImplicitAny: false,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
    const { code, stdout } = await runProgram(process.execPath, [compiler, '-p', folder], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  });
});

/** Puts what the blocks import into `folder`, from whichever project of the repository has it. */
function install(folder: string): void {
  const parents = ['packages', 'examples/kpi-app', 'examples/crm-app'];
  const homes = parents.flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  );
  const places = ['.', 'e2e', ...homes].map((home) => join(root, home, 'node_modules'));
  const link = (name: string, from: string | undefined): void => {
    const place = join(folder, 'node_modules', name);
    if (from === undefined || existsSync(place)) return;
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(from, place);
  };
  for (const { specifier, names } of blocks.flatMap(({ code }) => importsOf(code))) {
    if (specifier.startsWith('./')) {
      // A file of the reader's own: whatever it exports, of any type, which is what the word means here.
      const type = 'any';
      const declared = names.map((name) => `export const ${name}: ${type};\n`);
      writeFileSync(join(folder, specifier.replace(/\.mjs$/, '.d.mts')), declared.join(''));
    }
    if (/^(?:\.|@seaworthy\/|node:)/.test(specifier)) continue;
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    for (const one of [name, `@types/${name}`]) {
      link(one, places.map((place) => join(place, one)).find(existsSync));
    }
  }
  for (const name of readdirSync(join(root, 'packages')))
    link(`@seaworthy/${name}`, join(root, 'packages', name));
}

describe('the links of the documentation', () => {
  it.each(['docs/README.md', ...pages])('%s points to files and headings that are there', (page) => {
    const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```$/gm, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(({ 1: link = '' }) => link);
    for (const link of links.filter((one) => !/^https?:/.test(one))) {
      const [path = '', heading] = link.split('#');
      const target = path === '' ? join(root, page) : resolve(root, dirname(page), path);
      expect(existsSync(target), `${page}: ${link}`).toBe(true);
      if (heading !== undefined) expect(headingsOf(target), `${page}: ${link}`).toContain(heading);
    }
  });
});

/** The anchors that a forge gives to headings: lower case, dashes for blanks, no punctuation. */
function headingsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(({ 1: heading = '' }) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
