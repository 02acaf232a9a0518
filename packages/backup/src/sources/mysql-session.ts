import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { BackupError, type BackupStage } from '../backup-error.js';
import { captureTool } from '../tools/capture-tool.js';
import type { OutputPipe } from '../tools/output-pipe.js';
import type { PrivateFile } from '../tools/private-file.js';
import { spawnLoader } from '../tools/spawn-loader.js';
import { spawnTool, type ToolProcess } from '../tools/tool-process.js';
import type { SourceSession } from './backup-source.js';
import { type ClientProgram, findClientPrograms } from './client-programs.js';
import type { DatabaseUrl } from './database-url.js';
import type { FingerprintLevel } from './fingerprint-level.js';
import { mysqlAnswer } from './mysql-answer.js';
import { bracketedDump, type MysqlAsk, mysqlContents } from './mysql-contents.js';
import { unseenByUser } from './mysql-grants.js';
import { historyOf } from './mysql-history.js';
import { mysqlReport } from './mysql-report.js';
import { connectFailed, programMissing } from './source-errors.js';

const facts = `select version(), database(), (select group_concat(variable_value order by variable_name separator ' ')
  from information_schema.global_variables where variable_name in ('HOSTNAME', 'PORT', 'DATADIR', 'SERVER_UID'))`;

/** MySQL 8 moved the table of variables. */
const mysqlFacts = facts.replace(
  'information_schema.global_variables',
  'performance_schema.global_variables',
);

const objects = `select (select count(*) from information_schema.tables where table_schema = database())
  + (select count(*) from information_schema.routines where routine_schema = database())
  + (select count(*) from information_schema.events where event_schema = database())`;

const otherEngines = `select count(*) from information_schema.tables where table_schema = database()
  and table_type in ('BASE TABLE', 'SYSTEM VERSIONED') and engine <> 'InnoDB'`;

/**
 * The most that the protocol knows. By themselves `mariadb-dump` reads rows of up to 24 MB, and `mariadb` writes statements of up to 16 MB,
 * in which a byte of a blob is two: what the one had dumped the other did not take back.
 */
const longestRow = '--max-allowed-packet=1G';

export interface MysqlSessionOptions {
  readonly address: DatabaseUrl;
  readonly label: string;
  readonly binDir: string | undefined;
  readonly fingerprint: FingerprintLevel | 'none';
  readonly settings: PrivateFile;
  readonly signal: AbortSignal;
}

/** Asks the server for its version, and finds the programs that fit it. */
export async function openMysqlSession(options: MysqlSessionOptions): Promise<SourceSession> {
  const { address, label, binDir, fingerprint, settings, signal } = options;
  const missing = (what: string): Error =>
    programMissing({ label, what, binDir, install: 'mariadb-client or mysql-client' });
  // MySQL's clients read ~/.mylogin.cnf whatever they are told, and what it says of the server wins over our file.
  const env = { HOME: dirname(settings.path) };
  const common = { env, subject: label, secrets: [address.password] };
  const file = `--defaults-file=${settings.path}`; // must come first, and keeps ~/.my.cnf out
  const clients = await programs(['mariadb', 'mysql'], { binDir, signal });
  const [anyClient] = clients;
  if (anyClient === undefined) throw missing('mariadb or mysql');

  async function ask(sql: string, askSignal: AbortSignal): Promise<readonly string[]> {
    const args = [
      file,
      '--batch',
      '--skip-column-names',
      '--connect-timeout=10',
      '-e',
      sql,
      address.database,
    ];
    const client = { ...common, name: 'mysql', path: anyClient?.path ?? '', args, stage: 'prepare' } as const;
    return (await captureTool(client, { timeoutMs: 30_000, signal: askSignal })).trim().split('\t');
  }

  const [serverVersion = '', database = '', system = ''] = await ask(facts, signal).catch(
    (error: unknown) => {
      signal.throwIfAborted(); // then its reason is the answer
      // Only a server that answered can lack that table.
      if (BackupError.is(error) && /ERROR 1109|ERROR 3167|ERROR 1146/.test(error.message))
        return ask(mysqlFacts, signal);
      throw connectFailed(error, label);
    },
  );
  const isMariadb = serverVersion.includes('MariaDB');
  const sameKind = (program: ClientProgram): boolean => program.version.includes('MariaDB') === isMariadb;
  const dumpers = await programs(['mariadb-dump', 'mysqldump'], { binDir, signal });
  const dumper = dumpers.find(sameKind) ?? dumpers[0];
  if (dumper === undefined) throw missing('mariadb-dump or mysqldump');
  const loader = clients.find(sameKind) ?? anyClient;

  const converse =
    (stage: BackupStage): MysqlAsk =>
    (statements, askSignal) =>
      mysqlAnswer(
        { ...common, name: 'mysql', path: loader.path, args: batch, stage, keep: 'end', report: mysqlReport },
        statements,
        askSignal,
      );
  const batch = [
    file,
    '--batch',
    '--skip-column-names',
    '--connect-timeout=10',
    '--default-character-set=utf8mb4',
    address.database,
  ];
  const warnings: string[] = [];
  if (!sameKind(dumper)) warnings.push('dumped by the client of the other kind of server (MySQL or MariaDB)');
  if ((await ask(otherEngines, signal))[0] !== '0') {
    warnings.push('some tables are not InnoDB: they are dumped, but not from the same moment as the rest');
  }
  const history = await historyOf(converse('prepare'), { serverVersion, dumper }, signal);
  if (history === 'lost')
    warnings.push(
      'of system-versioned tables only the present is in it, and no history: that takes MariaDB 10.11, and tables that are not versioned by transactions',
    );
  const granted = await converse('prepare')('show grants;', signal);
  warnings.push(
    ...unseenByUser(
      granted.map(([line = '']) => line),
      database,
    ),
  );

  const count = (stage: BackupStage, level: FingerprintLevel, countSignal: AbortSignal) =>
    mysqlContents(converse(stage), { level, history: history === 'dumped', signal: countSignal });
  const spawnDumper = (output: OutputPipe | undefined): ToolProcess =>
    spawnTool({
      output,
      ...common,
      name: dumper.path.endsWith('mariadb-dump') ? 'mariadb-dump' : 'mysqldump',
      path: dumper.path,
      args: [
        file,
        '--single-transaction',
        '--quick',
        '--routines',
        '--triggers',
        '--events',
        '--hex-blob',
        '--default-character-set=utf8mb4',
        longestRow,
        '--no-tablespaces', // would need a global privilege
        ...(history === 'dumped' ? ['--dump-history'] : []),
        '--skip-add-drop-table', // restoring must never drop what is there
        ...(dumper.version.includes('MariaDB') ? [] : ['--set-gtid-purged=OFF']),
        address.database,
      ],
      stage: 'dump',
    });
  return {
    facts: {
      serverVersion,
      system: createHash('sha256').update(`mysql ${system}`).digest('hex').slice(0, 32),
      database,
      tool: dumper.version,
      warnings,
    },
    dump: async (dumpSignal, output) =>
      fingerprint === 'none'
        ? spawnDumper(output)
        : bracketedDump(
            () => spawnDumper(output),
            () => count('dump', fingerprint, dumpSignal),
          ),
    load: async () => ({
      ...spawnLoader({
        ...common,
        name: loader.path.endsWith('mariadb') ? 'mariadb' : 'mysql',
        path: loader.path,
        // Binary mode also switches off client commands, of which one runs a shell.
        args: [
          file,
          '--batch',
          '--binary-mode',
          '--default-character-set=utf8mb4',
          longestRow,
          address.database,
        ],
        stage: 'restore',
        keep: 'end', // the statement that failed stands before the error, rows and all
        report: mysqlReport,
      }),
      begin: '',
      end: '',
    }),
    isEmpty: async (emptySignal) => (await ask(objects, emptySignal))[0] === '0',
    contents: async (level, contentsSignal) => ({
      precision: 'snapshot',
      tables: await count('verify', level, contentsSignal),
    }),
    query: (sql, querySignal) => converse('verify')(`${sql.trim().replace(/;$/, '')}\n;`, querySignal),
    close: () => settings.remove(),
  };
}

async function programs(
  names: readonly string[],
  options: { readonly binDir: string | undefined; readonly signal: AbortSignal },
): Promise<readonly ClientProgram[]> {
  const found: ClientProgram[] = [];
  for (const name of names) found.push(...(await findClientPrograms(name, options)));
  return found;
}
