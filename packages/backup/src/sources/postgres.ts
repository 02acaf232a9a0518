import { createHash } from 'node:crypto';
import {
  type DurationInput,
  invalidOption,
  optionsOf,
  parseDuration,
  type Secret,
} from '@seaworthy/contracts';
import { BackupError, type BackupStage } from '../backup-error.js';
import { captureTool } from '../tools/capture-tool.js';
import { type PrivateFile, privateFile } from '../tools/private-file.js';
import { spawnLoader } from '../tools/spawn-loader.js';
import { spawnTool, type ToolProcess, type ToolSpec } from '../tools/tool-process.js';
import type { BackupSource, SourceFacts, SourceSession } from './backup-source.js';
import { type ClientProgram, findClientPrograms } from './client-programs.js';
import { type DatabaseUrl, parseDatabaseUrl } from './database-url.js';
import { checkFingerprint, type FingerprintLevel } from './fingerprint-level.js';
import { contentsNow, countedDump, exportSnapshot } from './postgres-contents.js';
import { postgresReport } from './postgres-report.js';
import { during, openPsqlConversation, type PsqlConversation, queryRows } from './psql-conversation.js';

export interface PostgresSourceOptions {
  /** `postgres://user:password@host:5432/database`; `sslmode`, `sslrootcert`, `sslcert`, `sslkey` are honoured. */
  readonly url: string | Secret;
  /** The folder of `pg_dump` and `psql`. @defaultValue the installed version nearest to the server's, never an older one */
  readonly binDir?: string;
  /** How long the dump may wait for a lock that a schema change holds. @defaultValue '30s' */
  readonly lockWaitTimeout?: DurationInput;
  /**
   * Whether the dump says who owns what and who may do what. `leave-out` restores on a server that has other roles, and
   * everything then belongs to whoever restores it. @defaultValue 'keep'
   */
  readonly owners?: 'keep' | 'leave-out';
  /**
   * What is noted about every table in the snapshot that is dumped, for a drill to compare with: its number of rows, or also a
   * hash of them, which costs the server about a third of the dump. @defaultValue 'rows'
   */
  readonly fingerprint?: FingerprintLevel | 'none';
}

const readOptions = optionsOf<PostgresSourceOptions>('postgres', {
  url: true,
  binDir: true,
  lockWaitTimeout: true,
  owners: true,
  fingerprint: true,
});

/** A copied server has the identifier of its original; on one machine the port tells them apart. */
const facts = `select current_setting('server_version_num'), current_setting('server_version'), current_database(),
  (select system_identifier from pg_control_system()) || ' ' || current_setting('port')`;

/** Whatever a restore could collide with; what an extension owns is no one's data. */
const objects = `select count(*) from (
  select c.oid, 'pg_class'::regclass as catalog from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  union all
  select p.oid, 'pg_proc'::regclass from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema') o
  where not exists (select from pg_depend d where d.classid = o.catalog and d.objid = o.oid and d.deptype = 'e')`;

/**
 * A PostgreSQL database, dumped by `pg_dump` as plain SQL from one snapshot, restored by `psql` in one transaction.
 *
 * Plain SQL, because on the worst day `gunzip` and `psql` are what is at hand. Roles and other databases of the server are
 * not in it.
 *
 * @throws OptionsError
 *
 * @example
 * const source = postgres({ url: 'postgres://backup:secret@db.internal/kpi' });
 */
export function postgres(options: PostgresSourceOptions): BackupSource {
  const {
    url,
    binDir,
    lockWaitTimeout = '30s',
    owners = 'keep',
    fingerprint = 'rows',
  } = readOptions(options);
  checkFingerprint('postgres', fingerprint);
  if (owners !== 'keep' && owners !== 'leave-out')
    throw invalidOption('postgres', 'owners', '"keep" or "leave-out"');
  const address = parseDatabaseUrl('postgres', url, { schemes: ['postgres', 'postgresql'], port: 5432 });
  const lockWaitMs = parseDuration(lockWaitTimeout);
  const label = `postgres at ${address.label}`;
  return {
    engine: 'postgres',
    format: 'sql',
    label,
    database: address.database,
    async open(signal) {
      const passwords = await privateFile('pgpass', passwordLine(address));
      try {
        return await openSession({
          address,
          label,
          binDir,
          lockWaitMs,
          owners,
          fingerprint,
          passwords,
          signal,
        });
      } catch (error) {
        await passwords.remove();
        throw error;
      }
    },
  };
}

interface SessionOptions {
  readonly address: DatabaseUrl;
  readonly label: string;
  readonly binDir: string | undefined;
  readonly lockWaitMs: number;
  readonly owners: 'keep' | 'leave-out';
  readonly fingerprint: FingerprintLevel | 'none';
  readonly passwords: PrivateFile;
  readonly signal: AbortSignal;
}

async function openSession(options: SessionOptions): Promise<SourceSession> {
  const { address, label, binDir, lockWaitMs, owners, fingerprint, passwords, signal } = options;
  const common = {
    env: connectionEnvironment(address, passwords.path),
    subject: label,
    secrets: [address.password],
  };
  const [anyPsql] = newestFirst(await findClientPrograms('psql', { binDir, signal }));
  if (anyPsql === undefined) throw missing('psql', label, binDir);

  async function ask(sql: string, askSignal: AbortSignal): Promise<readonly string[]> {
    const args = [
      '--no-psqlrc',
      '--no-password',
      '--tuples-only',
      '--no-align',
      '--field-separator=\t',
      '-c',
      sql,
    ];
    const psql = { ...common, name: 'psql', path: anyPsql?.path ?? '', args, stage: 'prepare' } as const;
    const answer = await captureTool(psql, { timeoutMs: 30_000, signal: askSignal });
    return answer.trim().split('\t');
  }

  const [versionNumber = '', serverVersion = '', database = '', systemId = ''] = await ask(
    facts,
    signal,
  ).catch((error: unknown) => {
    signal.throwIfAborted(); // then its reason is the answer
    throw connectFailed(error, label);
  });
  const serverMajor = Math.floor(Number(versionNumber) / 10_000);
  const [dumper] = newestFirst(await findClientPrograms('pg_dump', { binDir, signal }))
    .filter((program) => majorOf(program) >= serverMajor)
    .reverse();
  if (dumper === undefined) throw missing(`pg_dump ${serverMajor} or newer`, label, binDir);

  const sessionFacts: SourceFacts = {
    serverVersion,
    system: createHash('sha256').update(`postgres ${systemId}`).digest('hex').slice(0, 32),
    database,
    tool: dumper.version,
    warnings: [],
  };
  const converse = (stage: BackupStage): PsqlConversation =>
    openPsqlConversation({ ...common, path: anyPsql.path, stage, report: postgresReport });
  const spawnDumper = (...more: readonly string[]): ToolProcess =>
    spawnTool({
      ...common,
      name: 'pg_dump',
      path: dumper.path,
      args: [
        '--format=plain',
        '--no-password',
        '--encoding=UTF8',
        `--lock-wait-timeout=${lockWaitMs}`,
        ...(owners === 'keep' ? [] : ['--no-owner', '--no-privileges']),
        ...more,
      ],
      stage: 'dump',
    });
  return {
    facts: sessionFacts,
    async dump(dumpSignal) {
      if (fingerprint === 'none') return spawnDumper();
      const psql = converse('dump');
      dumpSignal.addEventListener('abort', psql.kill, { once: true });
      try {
        const snapshot = await exportSnapshot(psql, lockWaitMs);
        return countedDump(spawnDumper(`--snapshot=${snapshot}`), psql, fingerprint);
      } catch (error) {
        psql.kill();
        await psql.gone;
        throw error;
      } finally {
        dumpSignal.removeEventListener('abort', psql.kill); // from here on the dump's own kill() reaches it
      }
    },
    async load() {
      const spec: ToolSpec = {
        ...common,
        name: 'psql',
        path: anyPsql.path,
        args: [
          '--no-psqlrc',
          '--no-password',
          '--quiet',
          '-v',
          'ON_ERROR_STOP=1',
          '-v',
          'VERBOSITY=sqlstate',
          '-f',
          '-',
        ],
        stage: 'restore',
        report: postgresReport,
      };
      // Our own BEGIN and COMMIT: with --single-transaction psql commits whatever came before an unexpected end of input.
      return { ...spawnLoader(spec), begin: 'BEGIN;\n', end: '\nCOMMIT;\n' };
    },
    isEmpty: async (emptySignal) => (await ask(objects, emptySignal))[0] === '0',
    contents: (level, contentsSignal) =>
      during(converse('verify'), contentsSignal, (psql) => contentsNow(psql, level)),
    query: (sql, querySignal) => during(converse('verify'), querySignal, (psql) => queryRows(psql, sql)),
    close: () => passwords.remove(),
  };
}

function connectionEnvironment(address: DatabaseUrl, passwordFile: string): Record<string, string> {
  const env: Record<string, string> = {
    PGHOST: address.parameters.get('host') ?? address.host,
    PGPORT: String(address.port),
    PGDATABASE: address.database,
    PGPASSFILE: passwordFile,
    PGCONNECT_TIMEOUT: '10',
    PGAPPNAME: 'seaworthy-backup',
    PGCLIENTENCODING: 'UTF8',
  };
  if (address.user !== '') env.PGUSER = address.user;
  for (const name of ['sslmode', 'sslrootcert', 'sslcert', 'sslkey']) {
    const value = address.parameters.get(name);
    if (value !== null) env[`PG${name.toUpperCase()}`] = value;
  }
  return env;
}

/** PostgreSQL's password file: `*` matches anything, and a backslash escapes the two special characters. */
function passwordLine({ password }: DatabaseUrl): string {
  return password === '' ? '' : `*:*:*:*:${password.replaceAll(/[\\:]/g, '\\$&')}\n`;
}

function majorOf({ version }: ClientProgram): number {
  return Number(/(\d+)(?:\.\d+)*/.exec(version)?.[1] ?? 0);
}

function newestFirst(programs: readonly ClientProgram[]): readonly ClientProgram[] {
  return programs.toSorted((a, b) => majorOf(b) - majorOf(a));
}

function connectFailed(error: unknown, label: string): unknown {
  if (!BackupError.is(error)) return error;
  return new BackupError(`Could not ask ${label} for its version: ${error.message}`, {
    code: 'BACKUP_CONNECT_FAILED',
    stage: 'prepare',
    tool: error.tool,
    exitCode: error.exitCode,
  });
}

function missing(what: string, label: string, binDir: string | undefined): BackupError {
  const where = binDir === undefined ? 'is not installed' : 'is not in the binDir that was given';
  return new BackupError(
    `${label} needs ${what}, which ${where}. Install the client package of PostgreSQL of that version.`,
    { code: 'BACKUP_TOOL_MISSING', stage: 'prepare', tool: what.split(' ')[0] },
  );
}
