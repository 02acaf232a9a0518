import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { errorCode, SeaworthyError } from '@seaworthy/contracts';
import { ConfigError } from '../config-error.js';
import type { ConfigSchema } from '../config-schema.js';
import { gather } from '../gather.js';
import type { LoadPlan } from '../load.js';
import { createFileReader } from '../sources/file-reader.js';
import { defaultSources } from '../sources/sources.js';
import { scanBundle } from './scan-bundle.js';
import { type ArtifactOptions, writeArtifacts } from './write-artifacts.js';

const usage = `seaworthy-config docs <module> [--env-example FILE] [--markdown FILE] [--json-schema FILE] [--check]
seaworthy-config scan <module> <folder>

  <module>   a JavaScript module that exports the schema, as "schema" or as the default (--export NAME for another)
  docs       writes what is named from the schema; with --check nothing, and exits 1 when something is stale
  scan       looks for the values of all secrets in the built files of the folder; exits 1 when there are any
`;

type Schema = ConfigSchema<object>;

/** What a tool prints to and reads from. */
export interface ToolHost {
  readonly out: (line: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Runs the command line and gives the exit code: 0, 1 for what was found, 2 for what cannot work. */
export async function runTool(args: readonly string[], host: ToolHost): Promise<number> {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'env-example': { type: 'string' },
        markdown: { type: 'string' },
        'json-schema': { type: 'string' },
        check: { type: 'boolean' },
        export: { type: 'string' },
      },
    });
    const [command, module, folder, ...more] = positionals;
    const known = command === 'docs' ? folder === undefined : command === 'scan' && folder !== undefined;
    if (module === undefined || more.length > 0 || !known) {
      host.out(usage);
      return 2;
    }
    const schema = await schemaFrom(resolve(host.cwd, module), values.export);
    if (command === 'scan') return await scan(schema, resolve(host.cwd, folder ?? ''), host);
    return await docs(schema, host, {
      cwd: host.cwd,
      check: values.check ?? false,
      ...(values['env-example'] === undefined ? {} : { envExample: values['env-example'] }),
      ...(values.markdown === undefined ? {} : { markdown: values.markdown }),
      ...(values['json-schema'] === undefined ? {} : { jsonSchema: values['json-schema'] }),
    });
  } catch (error) {
    host.out(whyNot(error));
    return 2;
  }
}

async function docs(schema: Schema, { out }: ToolHost, options: ArtifactOptions): Promise<number> {
  const artifacts = await writeArtifacts(schema, options);
  for (const { file, state } of artifacts) out(`${file}: ${state}`);
  const stale = artifacts.some(({ state }) => state === 'stale');
  if (stale)
    out('The schema says something else. Run the same command without --check, and commit what it writes.');
  return stale ? 1 : 0;
}

async function scan(schema: Schema, folder: string, { env, cwd, out }: ToolHost): Promise<number> {
  const { unread, ...texts } = whatIsSecret(schema, env, cwd);
  const report = await scanBundle({ folder, ...texts });
  const clean = report.clean && unread.length === 0;
  for (const { file, name, encoding } of report.findings)
    out(`${file}: holds the value of ${name} (${encoding})`);
  for (const file of report.unread) out(`${file}: could not be read to its end`);
  if (report.tooShort.length > 0) out(`Too short to be looked for: ${report.tooShort.join(', ')}`);
  if (unread.length > 0) out(`Not looked for, because they could not be read here: ${unread.join(', ')}`);
  out(`${report.files} files, ${report.bytes} bytes: ${clean ? 'no secret found' : 'not clean'}`);
  return clean ? 0 : 1;
}

interface Sought {
  readonly config?: object;
  readonly values?: Readonly<Record<string, string>>;
  /** The secrets that have to be set, and whose text nobody could tell. */
  readonly unread: readonly string[];
}

/** The configuration where it is whole; on a machine that only builds it seldom is, and then the texts that are set of it. */
function whatIsSecret(schema: Schema, env: ToolHost['env'], cwd: string): Sought {
  try {
    return { config: schema.load({ env, cwd }), unread: [] };
  } catch (error) {
    if (!ConfigError.is(error)) throw error;
    const wrong = new Set(error.problems.map(({ name }) => name));
    return textsOfSecrets(schema, { env, cwd, profile: error.profile }, wrong);
  }
}

function textsOfSecrets(
  { exposures }: Schema,
  place: Pick<LoadPlan, 'env' | 'cwd' | 'profile'>,
  wrong: ReadonlySet<string>,
): Sought {
  const names = Object.keys(exposures);
  const isSecret = (name: string): boolean => exposures[name] === 'secret';
  const { entry, unreadable } = gather({
    ...place,
    names,
    isSecret,
    sources: defaultSources(),
    files: createFileReader(),
    remote: new Map(),
  });
  const values: [string, string][] = [];
  const unread: string[] = [];
  for (const name of names.filter(isSecret)) {
    const found = entry(name);
    if (found !== undefined && 'value' in found && found.value !== '') {
      values.push([name, found.value], ...itemsOf(name, found.value));
    } else if (unreadable.length > 0 || wrong.has(name)) {
      unread.push(name);
    }
  }
  return { values: Object.fromEntries(values), unread };
}

/** Which secrets are lists only a whole configuration tells, so each text is taken for one as well. */
function itemsOf(name: string, text: string): readonly [string, string][] {
  const items = text.split(',').map((item) => item.trim());
  return items.length === 1 ? [] : items.map((item, index) => [`${name}[${index}]`, item]);
}

async function schemaFrom(path: string, name: string | undefined): Promise<Schema> {
  const module = await moduleAt(path);
  const found = name === undefined ? (module.schema ?? module.default) : module[name];
  if (isSchema(found)) return found;
  throw new SeaworthyError(`${path} exports no schema: export what defineConfig() gives as "schema".`, {
    code: 'NO_SCHEMA',
  });
}

/** What a module throws while it is loaded may hold a value, so only its code is shown; what is ours holds none. */
async function moduleAt(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    if (SeaworthyError.is(error)) throw error;
    const code = codeOf(error);
    throw new SeaworthyError(
      `${path} could not be loaded${code === undefined ? '' : ` (${code})`}. Run it with node alone to see why.`,
      { code: 'NO_SCHEMA' },
    );
  }
}

/** Ours and those of arguments are made to be read, those of the file system name a path; of others the message may hold anything. */
function whyNot(error: unknown): string {
  if (SeaworthyError.is(error) || isArgumentError(error)) return error.message;
  const isOfFiles = error instanceof Error && 'syscall' in error && 'path' in error;
  return isOfFiles ? error.message : `This cannot be done: ${codeOf(error) ?? 'an unexpected error'}.`;
}

function codeOf(error: unknown): string | undefined {
  const code = errorCode(error) ?? '';
  return /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : undefined;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && 'toEnvExample' in value && 'exposures' in value;
}

function isArgumentError(error: unknown): error is Error {
  return errorCode(error)?.startsWith('ERR_PARSE_ARGS') === true;
}
