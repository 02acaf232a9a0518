import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Secret } from '@seaworthy/contracts';
import { findClientPrograms, majorOf } from '../sources/client-programs.js';
import { contentsNow } from '../sources/postgres-contents.js';
import { postgresReport } from '../sources/postgres-report.js';
import { during, openPsqlConversation, queryRows } from '../sources/psql-conversation.js';
import { programMissing } from '../sources/source-errors.js';
import { captureTool } from '../tools/capture-tool.js';
import { lastLines } from '../tools/last-lines.js';
import { privateFile } from '../tools/private-file.js';
import { type ScratchServer, startScratchServer } from '../tools/scratch-server.js';
import type { ToolUser } from '../tools/tool-process.js';

export interface ScratchClusterOptions {
  /** The data folder that was restored. */
  readonly data: string;
  readonly user: string;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly runAs: ToolUser | undefined;
  readonly signal: AbortSignal;
}

/** A server over a restored data folder, that nobody but this process can reach. */
export interface ScratchCluster extends ScratchServer, AsyncDisposable {
  /** For a driver of the application's own; by a socket. */
  url(database: string): Secret;
  query(
    database: string,
    sql: string,
    signal: AbortSignal,
  ): Promise<ReadonlyArray<readonly (string | undefined)[]>>;
  /** Reads every row of every table. */
  count(database: string, signal: AbortSignal): Promise<{ readonly tables: number; readonly rows: number }>;
}

/**
 * Starts PostgreSQL over a restored folder and resolves when its recovery is over. It listens on a socket in a private folder only,
 * archives nothing, and its configuration is ours: that of the original may lie elsewhere, and want its memory.
 *
 * @throws BackupError `RESTORE_FAILED` when the server finds that it cannot recover; `BACKUP_TOOL_FAILED` when it does not run.
 */
export async function startScratchCluster(options: ScratchClusterOptions): Promise<ScratchCluster> {
  const { data, user, settings, runAs, signal } = options;
  const label = `the cluster restored to ${data}`;
  const major = Number.parseInt(await readFile(join(data, 'PG_VERSION'), 'utf8'), 10);
  const [server, psql] = [await newest('postgres', major), await newest('psql', undefined)];
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`,
  );
  const hba = await privateFile('pg_hba.conf', 'local all all trust\n', runAs);
  const config = await privateFile('postgresql.conf', lines.join(''), runAs);
  const sockets = dirname(config.path);
  const env = (database: string) => ({ PGHOST: sockets, PGPORT: '5432', PGUSER: user, PGDATABASE: database });
  const talk = (database: string) =>
    openPsqlConversation({
      path: psql,
      env: env(database),
      stage: 'verify',
      subject: label,
      report: postgresReport,
    });
  const { stop } = await startScratchServer({
    spec: {
      name: 'postgres',
      path: server,
      // Arguments win over what ALTER SYSTEM had said in the cluster that was backed up.
      args: [
        '-D',
        data,
        ...Object.entries({
          config_file: config.path,
          hba_file: hba.path,
          listen_addresses: '',
          unix_socket_directories: sockets,
          port: '5432',
          ssl: 'off',
          archive_mode: 'off',
          // A subscription that came along would take the changes of its publisher away from the cluster that was backed up.
          ...(major >= 10 ? { max_logical_replication_workers: '0' } : {}),
          hot_standby: 'off', // so that the first answer means that recovery is over
          logging_collector: 'off',
          log_destination: 'stderr',
          log_min_messages: 'fatal',
        }).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      stage: 'restore',
      subject: label,
      keep: 'end',
      report: (log) =>
        lastLines(log, 3, (line) => /FATAL|PANIC/.test(line) && !/starting up/.test(line)).join(' '),
      runAs,
    },
    isReady: isRecovered,
    isData,
    cleanUp: async () => {
      await Promise.all([hba.remove(), config.remove()]);
    },
    signal,
  });
  return {
    url: (database) =>
      new Secret(
        'the URL of the scratch cluster',
        `postgres://${encodeURIComponent(user)}@localhost:5432/${encodeURIComponent(database)}?host=${encodeURIComponent(sockets)}`,
      ),
    query: (database, sql, askSignal) => during(talk(database), askSignal, (one) => queryRows(one, sql)),
    async count(database, askSignal) {
      const { tables } = await during(talk(database), askSignal, (one) => contentsNow(one, 'rows'));
      return { tables: tables.length, rows: tables.reduce((sum, { rows }) => sum + rows, 0) };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };

  async function newest(name: string, only: number | undefined): Promise<string> {
    const programs = (await findClientPrograms(name, { binDir: undefined, signal }))
      .filter((program) => only === undefined || majorOf(program) === only)
      .toSorted((a, b) => majorOf(b) - majorOf(a));
    if (programs[0] !== undefined) return programs[0].path;
    const what = only === undefined ? name : `${name} ${only}`;
    throw programMissing({ label, what, install: 'the server package of PostgreSQL of that version' });
  }

  async function isRecovered(until: AbortSignal): Promise<boolean> {
    const args = ['--no-psqlrc', '--no-password', '--tuples-only', '-c', 'select 1'];
    const psqlOnce = { name: 'psql', path: psql, args, env: env('postgres') } as const;
    const spec = { ...psqlOnce, stage: 'restore', subject: label } as const;
    return (await captureTool(spec, { timeoutMs: 10_000, signal: until })).trim() === '1';
  }
}

/** What the server says of its files is the backup's fault; that it could not have memory or a socket is not. */
function isData(complaint: string): boolean {
  return /recover|checkpoint|WAL|timeline|backup|checksum|corrupt|invalid|could not (?:read|open|access) (?:file|directory)/i.test(
    complaint,
  );
}
