// Ends what a test run started, whatever became of the run. It is a process of its own in a session of its own, so a
// SIGKILL, a Ctrl-C or a closed terminal that ends the tests does not end it; what it waits for is the end of a
// connection, which the kernel closes with the process that held it.
//
//   node reaper.mjs <run folder>
//
// Every process that starts servers connects and sends one line: {"session": "<folder name>"} or {"owner": true}.
// When a session's connection ends, its servers are killed and its folder goes; when the owner's ends, everything does.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, membersOf, removeSharedMemory, signalTree, startTimeOf } from './process-tree.mjs';

const ownerMustComeWithinMs = 30_000;
const reapDeadlineMs = 15_000;
const abandonedAfterMs = 60 * 60_000;

const runFolder = process.argv[2] ?? '';
if (runFolder === '') throw new Error('usage: node reaper.mjs <run folder>');

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
writeFileSync(
  join(runFolder, 'reaper.json'),
  JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) }),
);

let ownerCame = false;
let ending = false;
const reaping = new Set();

const server = createServer((connection) => {
  let line = '';
  let leave = () => {};
  connection.setEncoding('utf8');
  connection.on('error', () => {});
  connection.on('data', (text) => {
    line += text;
    if (!line.includes('\n')) return;
    const request = JSON.parse(line.slice(0, line.indexOf('\n')));
    line = '';
    if (request.owner === true) {
      ownerCame = true;
      leave = () => void endRun();
    } else {
      const session = join(runFolder, 'sessions', basename(request.session));
      leave = () => void reapLater(session);
    }
    connection.write('ok\n');
  });
  connection.on('close', () => leave());
});

process.umask(0o077);
server.listen(join(runFolder, 'reaper.sock'), () => void sweepAbandonedRuns());
setTimeout(() => {
  if (!ownerCame) void endRun();
}, ownerMustComeWithinMs);

async function endRun() {
  if (ending) return;
  ending = true;
  server.close();
  await Promise.all(reaping);
  await reap(runFolder);
  process.exit(0);
}

async function reapLater(folder) {
  const work = reap(folder);
  reaping.add(work);
  await work;
  reaping.delete(work);
}

/** Kills every server recorded under `folder`, then removes the folder. */
async function reap(folder) {
  const giveUpAt = Date.now() + reapDeadlineMs;
  for (let quiet = 0; quiet < 2 && Date.now() < giveUpAt; ) {
    let found = 0;
    // Read again each time: a process that was being killed may have written one more record.
    for (const record of recordsUnder(folder)) {
      removeContainer(record);
      found += signalTree(record, 'SIGKILL');
    }
    quiet = found === 0 ? quiet + 1 : 0;
    await sleep(20);
  }
  for (const record of recordsUnder(folder)) {
    if (membersOf(record).length === 0) removeSharedMemory(record.folder);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

const removedContainers = new Set();

function removeContainer({ docker, container }) {
  if (typeof container !== 'string' || removedContainers.has(container)) return;
  removedContainers.add(container);
  try {
    execFileSync(docker, ['rm', '--force', container], { stdio: 'ignore', timeout: reapDeadlineMs });
  } catch {
    // It is gone, or the daemon is.
  }
}

/** Runs whose reaper was killed too, or that ended with the machine. */
async function sweepAbandonedRuns() {
  const runs = dirname(runFolder);
  for (const name of readdirSync(runs)) {
    const folder = join(runs, name);
    if (folder === runFolder) continue;
    const reaper = readJson(join(folder, 'reaper.json'));
    const abandoned =
      reaper === undefined
        ? Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) > abandonedAfterMs
        : !isAlive(reaper.pid, reaper.startTime);
    if (abandoned) await reapLater(folder);
  }
}

function recordsUnder(folder) {
  const places = [folder, join(folder, 'shared')];
  const sessions = join(folder, 'sessions');
  if (existsSync(sessions)) places.push(...readdirSync(sessions).map((name) => join(sessions, name)));
  return places
    .filter((place) => existsSync(place))
    .flatMap((place) =>
      readdirSync(place)
        .filter((name) => name.endsWith('.record.json'))
        .map((name) => join(place, name)),
    )
    .map(readJson)
    .filter((record) => typeof record?.folder === 'string' && Array.isArray(record.executables));
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
