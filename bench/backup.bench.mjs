import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createBackups, local, postgres } from '@seaworthy/backup';
import { startPostgres } from '@seaworthy/testkit/servers';
import { balancedOrder } from './harness.mjs';
import { estimateMedian } from './statistics.mjs';

const run = promisify(execFile);

/** Of a table; a thousand make about 167 kB of a plain dump. */
const rows = 600_000;
const rowsOfOneGigabyte = 6_400_000;
const rounds = 10;
/** Public keys that nobody has the private part of. */
const recipients = ['age16mg5rkrhgqffkvy3wvp5uw7gq4zl74zqglp3mja2deu5amnjng3q48xfvg'];

/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [];

/**
 * Whole pipelines by the CPU time of all their processes but the server, by turns; a process that lives, as a service does. The
 * harness' own way would take an hour.
 */
export default async function* measure() {
  const server = await startPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-bench-'));
  try {
    const { hostname, port, username, password, pathname } = new URL(server.url);
    const env = {
      PATH: process.env.PATH,
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: pathname.slice(1),
    };
    const shell = (/** @type {string} */ command) => run('bash', ['-o', 'pipefail', '-c', command], { env });
    await fill(shell, rows);
    const backups = createBackups({
      sources: { db: postgres({ url: server.url }) },
      targets: [local(join(folder, 'backups'))],
      encrypt: { recipients },
    });
    const ours = async () => {
      await backups.run();
      await rm(join(folder, 'backups'), { recursive: true });
    };
    for (const [alternative, command] of [
      ['pg_dump | zstd -3', 'pg_dump | zstd -3 -q -c'],
      ['pg_dump | gzip', 'pg_dump | gzip'],
    ]) {
      const theirs = () => shell(`${command} > ${join(folder, 'dump')}`);
      await cpuOf(ours);
      /** @type {import('./statistics.mjs').Round[]} */
      const measured = [];
      for (const oursFirst of balancedOrder(rounds)) {
        const first = await cpuOf(oursFirst ? ours : theirs);
        const second = await cpuOf(oursFirst ? theirs : ours);
        measured.push(oursFirst ? { ours: first, theirs: second } : { ours: second, theirs: first });
      }
      yield {
        name: `an encrypted backup of 100 MB, ${alternative}`,
        alternative,
        tooNoisy: false,
        ...estimateMedian(measured),
      };
    }
    await backups.close();

    await shell('psql -qc "drop table users"');
    await fill(shell, rowsOfOneGigabyte);
    const large = await memoryOf({ SOURCE_URL: server.url, FOLDER: join(folder, 'large') });
    yield figure("Node's memory for a dump of 1 GB, in bytes", large, { of: '150 MB', bytes: 150_000_000 });
    // What encryption sees of a dump of 1 GB, and of 4: the heap grows until then as far as it will.
    const root = join(folder, 'files');
    await mkdir(root);
    await shell(`head -c 300M /dev/urandom > ${join(root, 'first')}`);
    const one = await memoryOf({ ROOT: root, FOLDER: join(folder, 'one') });
    await shell(`head -c 900M /dev/urandom > ${join(root, 'second')}`);
    const four = await memoryOf({ ROOT: root, FOLDER: join(folder, 'four') });
    yield figure("Node's memory for 1.2 GB stored, against 300 MB", four, { of: '300 MB', bytes: one });
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The peak of a process that makes one backup. @param {{ FOLDER: string, SOURCE_URL?: string, ROOT?: string }} what @returns {Promise<number>} */
async function memoryOf(what) {
  const program = fileURLToPath(new URL('programs/run-backup.mjs', import.meta.url));
  const env = { PATH: process.env.PATH, RECIPIENTS: recipients.join(), ...what };
  const { stdout } = await run(process.execPath, [program], { env });
  await rm(what.FOLDER, { recursive: true });
  return JSON.parse(stdout).rss;
}

/** One number against another. @param {string} name @param {number} bytes @param {{ of: string, bytes: number }} other */
function figure(name, bytes, other) {
  const ratio = bytes / other.bytes;
  const interval = { ratio, low: ratio, high: ratio, rounds: 1 };
  return { name, alternative: other.of, tooNoisy: false, ...interval, oursUs: bytes, theirsUs: other.bytes };
}

/** @param {(command: string) => Promise<unknown>} shell @param {number} count */
async function fill(shell, count) {
  const statement = `create table users as select g as id, 'user' || g as name, md5(g::text) as hash,
    now() - g * interval '1 minute' as at, g * 1.37 as amount,
    'Lorem ipsum dolor sit amet, status ' || (g % 7) || ' note ' || md5((g * 7)::text) as note
    from generate_series(1, ${count}) g`;
  await shell(`psql -qc "${statement}"`);
}

/** CPU microseconds of this process and of the children that ended meanwhile. @param {() => Promise<unknown>} work */
async function cpuOf(work) {
  const before = await cpuTicks();
  await work();
  return ((await cpuTicks()) - before) * 10_000;
}

/** In hundredths of a second: proc(5), fields 14 to 17. */
async function cpuTicks() {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}
