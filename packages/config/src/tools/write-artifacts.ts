import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode, OptionsError, optionsOf } from '@seaworthy/contracts';
import type { ConfigSchema } from '../config-schema.js';

/** What is written from a schema, each to the file that is named for it. */
export interface ArtifactOptions {
  /** `.env.example` */
  readonly envExample?: string;
  /**
   * The table of variables. A file that holds the lines `<!-- config:begin -->` and `<!-- config:end -->` keeps everything
   * around them; any other is the table alone.
   */
  readonly markdown?: string;
  /** The JSON Schema of the environment. */
  readonly jsonSchema?: string;
  /** Writes nothing and only says what is stale. @defaultValue false */
  readonly check?: boolean;
  /** The folder that relative paths are seen from. @defaultValue process.cwd() */
  readonly cwd?: string;
}

export interface Artifact {
  /** As it was given. */
  readonly file: string;
  /** `stale` differs or is missing, and was not written because of `check`. */
  readonly state: 'same' | 'written' | 'stale';
}

type Documents = Pick<ConfigSchema<object>, 'toEnvExample' | 'toMarkdown' | 'toJSONSchema'>;

const readOptions = optionsOf<ArtifactOptions>('writeArtifacts', {
  envExample: true,
  markdown: true,
  jsonSchema: true,
  check: true,
  cwd: true,
});

const begin = '<!-- config:begin -->';
const end = '<!-- config:end -->';

/**
 * Writes the documents of a schema, each as a whole or not at all, or with `check` says which are stale. Line ends that git
 * changed do not count.
 *
 * @throws OptionsError when no file is named, or a file has one marker without the other.
 *
 * @example
 * const artifacts = await writeArtifacts(schema, { envExample: '.env.example', check: true });
 * if (artifacts.some(({ state }) => state === 'stale')) process.exitCode = 1;
 */
export async function writeArtifacts(
  schema: Documents,
  options: ArtifactOptions,
): Promise<readonly Artifact[]> {
  const { envExample, markdown, jsonSchema, check = false, cwd = process.cwd() } = readOptions(options);
  const wanted: ReadonlyArray<readonly [string | undefined, (old: string | undefined) => string]> = [
    [envExample, () => schema.toEnvExample()],
    [markdown, (old) => betweenMarkers(old, schema.toMarkdown(), markdown ?? '')],
    [jsonSchema, () => `${JSON.stringify(schema.toJSONSchema(), null, 2)}\n`],
  ];
  const artifacts: Artifact[] = [];
  for (const [file, text] of wanted) {
    if (file === undefined) continue;
    const path = resolve(cwd, file);
    const old = await readIfThere(path);
    const made = text(old);
    const state = old === made ? 'same' : check ? 'stale' : 'written';
    if (state === 'written') await replaceFile(path, made);
    artifacts.push({ file, state });
  }
  if (artifacts.length > 0) return artifacts;
  throw new OptionsError('writeArtifacts: name a file: envExample, markdown or jsonSchema.', {
    code: 'INVALID_OPTION',
  });
}

function betweenMarkers(old: string | undefined, table: string, file: string): string {
  const from = old?.indexOf(begin) ?? -1;
  const to = old?.indexOf(end) ?? -1;
  if (old === undefined || (from === -1 && to === -1)) return table;
  if (from === -1 || to < from) {
    throw new OptionsError(
      `writeArtifacts: ${file} has one of ${begin} and ${end}, or the second one first.`,
      {
        code: 'INVALID_OPTION',
      },
    );
  }
  return `${old.slice(0, from + begin.length)}\n\n${table}\n${old.slice(to)}`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).replaceAll('\r\n', '\n');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
