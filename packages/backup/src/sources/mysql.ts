import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { optionsOf, type Secret } from '@seaworthy/contracts';
import { BackupError, type BackupStage } from '../backup-error.js';
import { captureTool } from '../tools/capture-tool.js';
import { type PrivateFile, privateFile } from '../tools/private-file.js';
import { spawnLoader } from '../tools/spawn-loader.js';
import { spawnTool, type ToolProcess } from '../tools/tool-process.js';
import type { BackupSource, SourceSession } from './backup-source.js';
import { type ClientProgram, findClientPrograms } from './client-programs.js';
import { type DatabaseUrl, parseDatabaseUrl } from './database-url.js';
import { checkFingerprint, type FingerprintLevel } from './fingerprint-level.js';
import { mysqlAnswer } from './mysql-answer.js';
import { bracketedDump, type MysqlAsk, mysqlContents } from './mysql-contents.js';
import { mysqlReport } from './mysql-report.js';

export interface MysqlSourceOptions {
  /** `mysql://user:password@host:3306/database`; `mariadb://` is the same. `socket` and `ssl-ca` are honoured. */
  readonly url: string | Secret;
  /** The folder of the client programs. @defaultValue PATH */
  readonly binDir?: string;
  /**
   * What is noted about every table, before the dump and after it, for a drill to compare with: its number of rows, or also a hash
   * of them. @defaultValue 'rows'
   */
  readonly fingerprint?: FingerprintLevel | 'none';
}

const readOptions = optionsOf<MysqlSourceOptions>('mysql', { url: true, binDir: true, fingerprint: true });

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
  and table_type = 'BASE TABLE' and engine <> 'InnoDB'`;

/**
 * A MySQL or MariaDB database, dumped as plain SQL in one consistent transaction with routines, triggers and events.
 *
 * Restoring is not one transaction, because every `create table` commits: a failed restore leaves a part behind, and says so.
 *
 * @throws OptionsError
 *
 * @example
 * const source = mysql({ url: 'mysql://backup:secret@db.internal/crm' });
 */
export function mysql(options: MysqlSourceOptions): BackupSource {
  const { url, binDir, fingerprint = 'rows' } = readOptions(options);
  checkFingerprint('mysql', fingerprint);
  const address = parseDatabaseUrl('mysql', url, { schemes: ['mysql', 'mariadb'], port: 3306 });
  const label = `mysql at ${address.label}`;
  return {
    engine: 'mysql',
    format: 'sql',
    label,
    database: address.database,
    async open(signal) {
      const settings = await privateFile('client.cnf', optionFile(address));
      try {
        return await openSession({ address, label, binDir, fingerprint, settings, signal });
      } catch (error) {
        await settings.remove();
        throw error;
      }
    },
  };
}

interface SessionOptions {
  readonly address: DatabaseUrl;
  readonly label: string;
  readonly binDir: string | undefined;
  readonly fingerprint: FingerprintLevel | 'none';
  readonly settings: PrivateFile;
  readonly signal: AbortSignal;
}

async function openSession(options: SessionOptions): Promise<SourceSession> {
  const { address, label, binDir, fingerprint, settings, signal } = options;
  // MySQL's clients read ~/.mylogin.cnf whatever they are told, and what it says of the server wins over our file.
  const env = { HOME: dirname(settings.path) };
  const common = { env, subject: label, secrets: [address.password] };
  const file = `--defaults-file=${settings.path}`; // must come first, and keeps ~/.my.cnf out
  const clients = await programs(['mariadb', 'mysql'], { binDir, signal });
  const [anyClient] = clients;
  if (anyClient === undefined) throw missing('mariadb or mysql', label);

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
  if (dumper === undefined) throw missing('mariadb-dump or mysqldump', label);
  const loader = clients.find(sameKind) ?? anyClient;

  const warnings: string[] = [];
  if (!sameKind(dumper)) warnings.push('dumped by the client of the other kind of server (MySQL or MariaDB)');
  if ((await ask(otherEngines, signal))[0] !== '0') {
    warnings.push('some tables are not InnoDB: they are dumped, but not from the same moment as the rest');
  }
  const converse =
    (stage: BackupStage): MysqlAsk =>
    (statements, askSignal) =>
      mysqlAnswer(
        { ...common, name: 'mysql', path: loader.path, args: batch, stage, report: mysqlReport },
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
  const spawnDumper = (): ToolProcess =>
    spawnTool({
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
        '--no-tablespaces', // would need a global privilege
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
    dump: async (dumpSignal) =>
      fingerprint === 'none'
        ? spawnDumper()
        : bracketedDump(spawnDumper, () => mysqlContents(converse('dump'), fingerprint, dumpSignal)),
    load: async () => ({
      ...spawnLoader({
        ...common,
        name: loader.path.endsWith('mariadb') ? 'mariadb' : 'mysql',
        path: loader.path,
        // Binary mode also switches off client commands, of which one runs a shell.
        args: [file, '--batch', '--binary-mode', '--default-character-set=utf8mb4', address.database],
        stage: 'restore',
        report: mysqlReport,
      }),
      begin: '',
      end: '',
    }),
    isEmpty: async (emptySignal) => (await ask(objects, emptySignal))[0] === '0',
    contents: async (level, contentsSignal) => ({
      precision: 'snapshot',
      tables: await mysqlContents(converse('verify'), level, contentsSignal),
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

/** Double quotes keep `#` and blanks; the backslash is the escape character within. */
function optionFile({ host, port, user, password, parameters }: DatabaseUrl): string {
  const quoted = (value: string): string => `"${value.replaceAll('\\', '\\\\')}"`;
  const socket = parameters.get('socket');
  const ca = parameters.get('ssl-ca');
  const lines = [
    '[client]',
    ...(socket === null
      ? [`host=${quoted(host)}`, `port=${port}`, 'protocol=tcp']
      : [`socket=${quoted(socket)}`]),
    ...(user === '' ? [] : [`user=${quoted(user)}`]),
    ...(password === '' ? [] : [`password=${quoted(password)}`]),
    ...(ca === null ? [] : [`ssl-ca=${quoted(ca)}`, 'ssl-verify-server-cert']),
  ];
  return `${lines.join('\n')}\n`;
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

function missing(what: string, label: string): BackupError {
  return new BackupError(
    `${label} needs ${what}, which is not installed here. Install mariadb-client or mysql-client.`,
    {
      code: 'BACKUP_TOOL_MISSING',
      stage: 'prepare',
      tool: what.split(' ')[0],
    },
  );
}
