import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { SeaworthyError } from '@seaworthy/contracts';
import { ConfigError } from '../config-error.js';
import type { ConfigSchema } from '../config-schema.js';
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
    if (!SeaworthyError.is(error) && !isArgumentError(error)) throw error;
    host.out(error.message);
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
  const report = await scanBundle({ folder, ...whatIsSecret(schema, env, cwd) });
  for (const { file, name, encoding } of report.findings)
    out(`${file}: holds the value of ${name} (${encoding})`);
  for (const file of report.unread) out(`${file}: could not be read to its end`);
  if (report.tooShort.length > 0) out(`Too short to be looked for: ${report.tooShort.join(', ')}`);
  out(`${report.files} files, ${report.bytes} bytes: ${report.clean ? 'no secret found' : 'not clean'}`);
  return report.clean ? 0 : 1;
}

/** The configuration where it is whole; on a machine that only builds it seldom is, and then what is set of it. */
function whatIsSecret(schema: Schema, env: ToolHost['env'], cwd: string) {
  try {
    return { config: schema.load({ env, cwd }) };
  } catch (error) {
    if (!ConfigError.is(error)) throw error;
    const set = Object.entries(env).flatMap(([name, text]) =>
      schema.exposures[name] === 'secret' && text !== undefined && text !== '' ? [[name, text]] : [],
    );
    return { values: Object.fromEntries(set) };
  }
}

async function schemaFrom(path: string, name: string | undefined): Promise<Schema> {
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
  const found = name === undefined ? (module.schema ?? module.default) : module[name];
  if (isSchema(found)) return found;
  throw new SeaworthyError(`${path} exports no schema: export what defineConfig() gives as "schema".`, {
    code: 'NO_SCHEMA',
  });
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && 'toEnvExample' in value && 'exposures' in value;
}

function isArgumentError(error: unknown): error is Error {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
}
