import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { checkTarballs } from './tarballs.mjs';
import { run, StepError } from './terminal.mjs';
import { cache, readJson, root, workspacePackages } from './workspace.mjs';

const bin = (/** @type {string} */ name) => join(root, 'node_modules', '.bin', name);

/**
 * What must hold besides the tests, cheapest first. A gate resolves with a line about what it saw and throws a StepError.
 *
 * @type {ReadonlyArray<{ name: string, check: () => Promise<string> }>}
 */
export const gates = [
  { name: 'tidy: no machine paths, no leftovers', check: tidy },
  { name: 'lint and format', check: lint },
  { name: 'types', check: types },
  { name: 'dependency rules', check: dependencyRules },
  { name: 'dead code', check: deadCode },
  { name: 'tarballs: publint, attw, files', check: checkTarballs },
];

async function lint() {
  const { output } = await run(bin('biome'), ['ci', '--colors=off', '.'], {
    cwd: root,
    quiet: true,
    behind: true,
    advice: 'npm run format',
  });
  return output.match(/Checked \d+ files/)?.[0] ?? 'checked';
}

/**
 * Projects that differ in nothing but their files are one program, which reads what they share once. That each package's sources
 * stand by themselves is what its build shows.
 */
async function types() {
  const projects = workspacePackages()
    .map(({ folder }) => join(folder, 'tsconfig.json'))
    .filter((path) => existsSync(path));
  /** @type {Map<string, string[]>} */
  const programs = new Map();
  for (const project of projects) {
    const { include, ...settings } = readJson(project);
    settings.extends = resolve(dirname(project), settings.extends);
    const key = JSON.stringify(settings);
    const files = include.map((/** @type {string} */ path) => resolve(dirname(project), path));
    programs.set(key, [...(programs.get(key) ?? []), ...files]);
  }
  const folder = join(cache, 'types');
  mkdirSync(folder, { recursive: true });
  for (const [index, [settings, include]] of [...programs].entries()) {
    const project = join(folder, `${index}.json`);
    writeFileSync(project, JSON.stringify({ ...JSON.parse(settings), include }));
    await run(process.execPath, [join(root, 'node_modules/@typescript/native/bin/tsc'), '-p', project], {
      cwd: root,
      quiet: true,
      behind: true,
    });
  }
  return `${projects.length} projects`;
}

/** Fewer modules than this means that the tool has stopped seeing the sources. */
const leastModules = 600;

async function dependencyRules() {
  const { output } = await run(
    bin('depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'packages', 'examples'],
    { cwd: root, quiet: true, behind: true, accept: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
  );
  /** @type {{ summary: { totalCruised: number, violations: Array<{ from: string, to: string, rule: { name: string } }> } }} */
  const { summary } = JSON.parse(output.slice(output.indexOf('{')));
  if (summary.violations.length > 0) {
    const list = summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`);
    throw new StepError(`dependency rules are broken\n  ${list.join('\n  ')}`, {
      advice: 'see .dependency-cruiser.cjs for the reasons',
    });
  }
  if (summary.totalCruised < leastModules) {
    throw new StepError(
      `only ${summary.totalCruised} modules were seen, at least ${leastModules} are there`,
      {
        advice:
          'a checker that sees nothing passes everything: look at how dependency-cruiser reads TypeScript',
      },
    );
  }
  return `${summary.totalCruised} modules`;
}

async function deadCode() {
  await run(bin('knip'), ['--no-progress'], {
    cwd: root,
    quiet: true,
    behind: true,
    advice: 'delete what is not used, or use it',
  });
  return 'no unused files, exports or dependencies';
}

/** What must stand in no committed file, and why. */
const untidy = [
  { pattern: /\/(?:home|Users)\/[a-z]/, why: 'a path of one machine' },
  { pattern: new RegExp(`${literally(root.replace(/\/$/, ''))}\\b`), why: 'a path of this machine' },
  { pattern: /https?:\/\/(?:registry|deb)\./, why: 'a package-registry host' },
  {
    pattern: /\b(?:describe|it|test)\.(?:only|skip)\(/,
    why: 'a test that does not run',
    only: /\.test\.tsx?$/,
  },
  { pattern: /@ts-(?:ignore|nocheck)|\bas any\b|: any\b/, why: 'types switched off', only: /\.tsx?$/ },
  { pattern: /\b(?:TODO|FIXME|XXX)\b/, why: 'left for later', only: /\.(?:tsx?|mjs|cjs|css)$/ },
];

async function tidy() {
  const { output } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    quiet: true,
    behind: true,
    advice: 'run in a git checkout',
  });
  const files = output.split('\0').filter((file) => file !== '' && !file.startsWith('pnpm-lock'));
  const found = files.flatMap((file) => findUntidy(file));
  if (found.length > 0)
    throw new StepError(`untidy files\n  ${found.join('\n  ')}`, { advice: 'mend these lines' });
  return `${files.length} files`;
}

/** @param {string} file */
function findUntidy(file) {
  const path = join(root, file);
  if (!existsSync(path) || relative(root, import.meta.filename ?? '') === file) return [];
  const text = readFileSync(path, 'utf8');
  if (text.includes('\0')) return [];
  const rules = untidy.filter(({ only }) => only?.test(file) ?? true);
  return text
    .split('\n')
    .flatMap((line, index) =>
      rules
        .filter(({ pattern }) => pattern.test(line))
        .map(({ why }) => `${file}:${index + 1} ${why}: ${line.trim().slice(0, 120)}`),
    );
}

/** @param {string} text */
function literally(text) {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
