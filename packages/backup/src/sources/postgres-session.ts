import { createHash } from 'node:crypto';
import type { BackupStage } from '../backup-error.js';
import { captureTool } from '../tools/capture-tool.js';
import { endOnFailure } from '../tools/end-on-failure.js';
import type { OutputPipe } from '../tools/output-pipe.js';
import type { PrivateFile } from '../tools/private-file.js';
import { spawnLoader } from '../tools/spawn-loader.js';
import { spawnTool, type ToolProcess, type ToolSpec } from '../tools/tool-process.js';
import type { SourceFacts, SourceSession } from './backup-source.js';
import { type ClientProgram, findClientPrograms, majorOf } from './client-programs.js';
import type { DatabaseUrl } from './database-url.js';
import type { FingerprintLevel } from './fingerprint-level.js';
import { connectionEnvironment } from './postgres-connection.js';
import { contentsNow, countedDump, exportSnapshot } from './postgres-contents.js';
import { postgresReport } from './postgres-report.js';
import { during, openPsqlConversation, type PsqlConversation, queryRows } from './psql-conversation.js';
import { connectFailed, programMissing } from './source-errors.js';

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

export interface PostgresSessionOptions {
  readonly address: DatabaseUrl;
  readonly label: string;
  readonly binDir: string | undefined;
  readonly lockWaitMs: number;
  readonly owners: 'keep' | 'leave-out';
  readonly fingerprint: FingerprintLevel | 'none';
  readonly passwords: PrivateFile;
  readonly signal: AbortSignal;
}

/** Asks the server for its version, and finds the programs that fit it. */
export async function openPostgresSession(options: PostgresSessionOptions): Promise<SourceSession> {
  const { address, label, binDir, lockWaitMs, owners, fingerprint, passwords, signal } = options;
  const missing = (what: string): Error =>
    programMissing({ label, what, binDir, install: 'the client package of PostgreSQL of that version' });
  const common = {
    env: connectionEnvironment(address, passwords.path),
    subject: label,
    secrets: [address.password],
  };
  const [anyPsql] = newestFirst(await findClientPrograms('psql', { binDir, signal }));
  if (anyPsql === undefined) throw missing('psql');

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
  if (dumper === undefined) throw missing(`pg_dump ${serverMajor} or newer`);

  const sessionFacts: SourceFacts = {
    serverVersion,
    system: createHash('sha256').update(`postgres ${systemId}`).digest('hex').slice(0, 32),
    database,
    tool: dumper.version,
    warnings: [],
  };
  const converse = (stage: BackupStage): PsqlConversation =>
    openPsqlConversation({ ...common, path: anyPsql.path, stage, report: postgresReport });
  const spawnDumper = (output: OutputPipe | undefined, ...more: readonly string[]): ToolProcess =>
    spawnTool({
      ...common,
      output,
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
    async dump(dumpSignal, output) {
      if (fingerprint === 'none') return spawnDumper(output);
      const psql = converse('dump');
      // From its return on, the dump's own kill() reaches the conversation.
      return endOnFailure(psql, dumpSignal, async () => {
        const snapshot = await exportSnapshot(psql, lockWaitMs);
        return countedDump(spawnDumper(output, `--snapshot=${snapshot}`), psql, fingerprint);
      });
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

function newestFirst(programs: readonly ClientProgram[]): readonly ClientProgram[] {
  return programs.toSorted((a, b) => majorOf(b) - majorOf(a));
}
