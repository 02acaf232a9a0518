import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { optionsOf } from '@seaworthy/contracts';
import type { Scratch, ScratchPlace } from '../drill/scratch.js';
import { type ScratchFolderOptions, scratchFolder } from '../drill/scratch-folder.js';
import type { BackupSource } from '../sources/backup-source.js';
import { requireProgram } from '../sources/client-programs.js';
import { mysqlAnswer } from '../sources/mysql-answer.js';
import type { MysqlAsk } from '../sources/mysql-contents.js';
import { mysqlReport } from '../sources/mysql-report.js';
import { lastLines } from '../tools/last-lines.js';
import { privateFile } from '../tools/private-file.js';
import { type ScratchServer, startScratchServer } from '../tools/scratch-server.js';
import type { ToolUser } from '../tools/tool-process.js';
import { whenAsked } from '../tools/when-asked.js';
import { mariadbFolder } from './mariadb-folder.js';

export interface ScratchMariadbOptions extends ScratchFolderOptions {
  /** The folder of `mariadb-backup`, `mbstream`, `mariadbd` and `mariadb`. @defaultValue PATH */
  readonly binDir?: string;
  /** An unprivileged user for the server, where this process is root; must be able to enter `folder`. @defaultValue this process's own user */
  readonly runAs?: ToolUser;
}

interface RunningMariadb extends ScratchServer {
  readonly ask: MysqlAsk;
}

/**
 * A place for drills of `mariadbBackup()`: the files are prepared, a server is started over them that nobody else can reach, and the
 * invariants ask it. It compares no counts: the moment of the backup is the server's own.
 *
 * @throws OptionsError
 *
 * @example
 * createBackups({ sources, targets, drill: { into: { files: scratchMariadb({ folder: '/var/tmp/drills' }) } } });
 */
export function scratchMariadb(options: ScratchMariadbOptions): Scratch {
  const readOptions = optionsOf<ScratchMariadbOptions>('scratchMariadb', {
    folder: true,
    binDir: true,
    runAs: true,
  });
  const { folder, ...rest } = readOptions(options);
  const placeIn = (place: string): ScratchPlace => {
    const data = join(place, 'data');
    return { source: restoredMariadb(data, rest), folder: data };
  };
  return scratchFolder('scratchMariadb', 'mariadb', folder, placeIn, rest.runAs);
}

type ServerOptions = Omit<ScratchMariadbOptions, 'folder'>;

function restoredMariadb(folder: string, options: ServerOptions): BackupSource {
  const place = mariadbFolder({ folder, ...options });
  return {
    ...place,
    async open(signal) {
      const session = await place.open(signal);
      const server = whenAsked(
        (startSignal) => startMariadb(folder, options, startSignal),
        (mariadb) => mariadb.stop(),
      );
      return {
        ...session,
        // Nothing to compare with: what is asked here is whether a server starts with it.
        contents: async (_level, askSignal) => {
          await server.get(askSignal);
          return { precision: 'snapshot', tables: [] };
        },
        query: async (sql, askSignal) =>
          (await server.get(askSignal)).ask(`${sql.trim().replace(/;$/, '')}\n;`, askSignal),
        async close() {
          await server.stop();
          await session.close();
        },
      };
    },
  };
}

async function startMariadb(
  folder: string,
  { binDir, runAs }: ServerOptions,
  signal: AbortSignal,
): Promise<RunningMariadb> {
  const label = `the files restored to ${folder}`;
  const wanted = { label, binDir, install: 'mariadb-server', signal };
  const server = await requireProgram('mariadbd', wanted);
  const client = await requireProgram('mariadb', wanted);
  const socket = await privateFile('empty', '', runAs);
  const address = join(dirname(socket.path), 's');
  const own = join(folder, 'backup-my.cnf'); // the sizes without which InnoDB does not open its files
  const ask: MysqlAsk = (statements, askSignal) =>
    mysqlAnswer(
      {
        name: 'mariadb',
        path: client.path,
        args: [
          '--no-defaults',
          `--socket=${address}`,
          '--batch',
          '--skip-column-names',
          '--default-character-set=utf8mb4',
        ],
        stage: 'verify',
        subject: label,
        report: mysqlReport,
      },
      statements,
      askSignal,
    );
  const running = await startScratchServer({
    spec: {
      name: 'mariadbd',
      path: server.path,
      args: [
        existsSync(own) ? `--defaults-file=${own}` : '--no-defaults',
        `--datadir=${folder}`,
        `--socket=${address}`,
        `--pid-file=${address}.pid`,
        '--skip-networking',
        '--skip-grant-tables',
        '--skip-log-bin',
        '--skip-slave-start',
        '--event-scheduler=disabled',
        '--innodb-buffer-pool-size=64M',
        ...(runAs === undefined && process.getuid?.() === 0 ? ['--user=root'] : []),
      ],
      stage: 'restore',
      subject: label,
      keep: 'end',
      report: (log) => lastLines(log, 3, (line) => line.includes('[ERROR]')).join(' '),
      runAs,
    },
    isReady: async (until) => (await ask('select 1;', until)).length === 1,
    isData,
    cleanUp: socket.remove,
    signal,
  });
  return { ask, ...running };
}

/** What InnoDB says of its files is the backup's fault; that the server lacks memory or does not know its settings is not. */
function isData(complaint: string): boolean {
  return (
    /corrupt|InnoDB|\bAria\b|tablespace|log sequence|checksum/i.test(complaint) &&
    !/memory|Can't create|unknown (?:option|variable)/i.test(complaint)
  );
}
