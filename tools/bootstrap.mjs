// The one entry of every npm script. It needs Node and npm and nothing else: it brings the package manager, installs
// what the lockfile names, and hands over to the command. A warm run touches neither the network nor npx.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { report, run, StepError, step } from './lib/terminal.mjs';
import { hashOf, isStamped, readJson, root, stamp, workspacePackages } from './lib/workspace.mjs';

/** 11 crashes on Node 20 (docs/decisions). */
const pnpmVersion = '10.34.9';
const tools = join(root, '.tools');
const pnpm = join(tools, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs');

const commands = {
  start: 'serves both applications with seeded data     (-- --only kpi|crm, --help)',
  test: 'all gates and all tests                        (-- --project NAME, --gates, --help)',
  soak: 'the tests at full size                         (-- PACKAGE)',
  bench: 'ratios against what a team would use instead   (-- PACKAGE)',
  conformance: 'writes docs/conformance.md from the last test run',
  build: 'builds what is stale',
  check: 'types, lint, dependency rules, dead code',
  format: 'formats everything',
};

async function main() {
  const [command = 'help', ...rest] = process.argv.slice(2);
  if (!Object.hasOwn(commands, command)) {
    const list = Object.entries(commands).map(([name, text]) => `  npm run ${name.padEnd(12)} ${text}`);
    process.stdout.write(`Seaworthy\n\n${list.join('\n')}\n`);
    return command === 'help' ? 0 : 2;
  }
  requireNode();
  await ensurePnpm();
  await ensurePackages(command === 'start' ? 'applications' : 'everything');
  process.env.PATH = [
    join(tools, 'node_modules', '.bin'),
    join(root, 'node_modules', '.bin'),
    process.env.PATH,
  ].join(delimiter);
  const { main: runCommand } = await import(`./commands/${command}.mjs`);
  return runCommand(rest);
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  if (fits) return;
  throw new StepError(`Node ${process.versions.node} is not supported`, {
    advice: 'install Node 20.19 or later of 20, 22.12 or later of 22, or 24 and up',
  });
}

async function ensurePnpm() {
  if (
    existsSync(pnpm) &&
    readJson(join(tools, 'node_modules', 'pnpm', 'package.json')).version === pnpmVersion
  )
    return;
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm?.endsWith('.js') === true ? [process.execPath, [npm]] : ['npm', []];
  const args = [
    'install',
    '--prefix',
    tools,
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--ignore-scripts',
    `pnpm@${pnpmVersion}`,
  ];
  await step(`Fetching pnpm ${pnpmVersion} into .tools`, () =>
    run(command, [...prefix, ...args], {
      quiet: true,
      cwd: root,
      advice: 'check that npm reaches its registry (npm ping), then run the same command again',
    }),
  );
}

/**
 * `applications` leaves out what only tests need, so that a first `npm start` is quick.
 *
 * @param {'applications' | 'everything'} scope
 */
async function ensurePackages(scope) {
  const packages = workspacePackages();
  const lock = hashOf(
    ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc'].map((file) => join(root, file)),
  );
  const wanted = lock + hashOf(packages.map(({ folder }) => join(folder, 'package.json')));
  const complete = isStamped('installed-everything', wanted);
  const present = existsSync(join(root, 'node_modules', '.modules.yaml'));
  if (present && (complete || (scope === 'applications' && isStamped('installed-applications', wanted))))
    return;
  const filters =
    scope === 'applications'
      ? ['--filter', 'seaworthy', '--filter', './packages/*', '--filter', './examples/**']
      : [];
  const args = [...filters, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'];
  await step(`Installing packages (${scope})`, () =>
    run(process.execPath, [pnpm, ...args], {
      quiet: process.stderr.isTTY !== true,
      cwd: root,
      advice:
        'check that npm reaches its registry; after changing a package.json, run pnpm install once without --frozen-lockfile',
    }),
  );
  stamp(`installed-${scope}`, wanted);
}

process.exitCode = await main().catch(report);
