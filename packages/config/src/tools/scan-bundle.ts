import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { errorCode, OptionsError, optionsOf, Secret, urlOf, wholeNumber } from '@seaworthy/contracts';
import { encodingsOf } from './encodings-of.js';
import { type Needle, searchStream } from './search-stream.js';

export interface ScanOptions {
  /** The folder of the built files; all of them are searched, source maps and compressed ones too. */
  readonly folder: string;
  /** A loaded configuration: every `Secret` in it is looked for, and the password of a URL on its own. */
  readonly config?: object;
  /** More texts to look for, by name: what {@link canaryEnvironment} made, for example. */
  readonly values?: Readonly<Record<string, string>>;
  /** Shorter texts would be found by chance, and are listed instead. @defaultValue 8 */
  readonly minLength?: number;
  /** What one file may be, after decompression; more counts as unread. @defaultValue 268435456 */
  readonly maxFileBytes?: number;
}

/** A secret in a file. Holds its name and never its value. */
export interface BundleFinding {
  /** Seen from the folder. */
  readonly file: string;
  readonly name: string;
  /** In which way it is written: `as it is`, `JSON`, `Base64`. */
  readonly encoding: string;
  /** In bytes, of the file after decompression. */
  readonly offset: number;
}

export interface BundleReport {
  /** No secret was found, and everything was read. */
  readonly clean: boolean;
  readonly files: number;
  readonly bytes: number;
  /** At most one for each file and name. */
  readonly findings: readonly BundleFinding[];
  /** What could not be read to its end. */
  readonly unread: readonly string[];
  /** Names whose values are too short to be looked for. */
  readonly tooShort: readonly string[];
}

const readOptions = optionsOf<ScanOptions>('scanBundle', {
  folder: true,
  config: true,
  values: true,
  minLength: true,
  maxFileBytes: true,
});

/**
 * Searches a built client bundle for the values of secrets, in every encoding that build tools write. What it reports names
 * files and variables and holds no value.
 *
 * @throws OptionsError when there is nothing to look for or no file to look into: a scan that sees nothing passes everything.
 *
 * @example
 * const report = await scanBundle({ folder: 'dist', config: schema.load() });
 * if (!report.clean) throw new Error(JSON.stringify(report.findings));
 */
export async function scanBundle(options: ScanOptions): Promise<BundleReport> {
  const {
    folder,
    config = {},
    values = {},
    minLength = 8,
    maxFileBytes = 256 * 1024 ** 2,
  } = readOptions(options);
  wholeNumber('scanBundle', 'minLength', minLength, { min: 4 });
  wholeNumber('scanBundle', 'maxFileBytes', maxFileBytes, { min: 1 });
  const texts = textsOf(config, values);
  const needles = texts.filter(([, text]) => text.length >= minLength).flatMap(needlesOf);
  if (needles.length === 0)
    throw refuse('there is nothing to look for: pass a config with secrets, or values');
  const paths = await filesIn(resolve(folder)).catch((error: unknown) => undefinedWhenGone(error) ?? []);
  if (paths.length === 0) throw refuse('there is no file in the folder: build first');

  const findings: BundleFinding[] = [];
  const unread: string[] = [];
  let bytes = 0;
  for (const path of paths) {
    const file = relative(resolve(folder), path);
    const searched = await searchStream(contentOf(path), needles, maxFileBytes);
    bytes += searched.bytes;
    if (!searched.complete) unread.push(file);
    for (const { name, encoding, offset } of searched.found) findings.push({ file, name, encoding, offset });
  }
  const tooShort = [...new Set(texts.filter(([, text]) => text.length < minLength).map(([name]) => name))];
  const clean = findings.length === 0 && unread.length === 0;
  return { clean, files: paths.length, bytes, findings, unread, tooShort };
}

type NamedText = readonly [string, string];

function textsOf(config: object, values: Readonly<Record<string, string>>): readonly NamedText[] {
  const secrets = Object.entries(config).flatMap(([name, value]) => revealed(name, value));
  const all = [...secrets, ...Object.entries(values)].filter(([, text]) => text !== '');
  return all.flatMap(([name, text]) => [[name, text] as const, ...passwordIn(name, text)]);
}

function revealed(name: string, value: unknown): readonly NamedText[] {
  if (Array.isArray(value)) return value.flatMap((item) => revealed(name, item));
  if (!Secret.is(value)) return [];
  const secret = value.reveal();
  return [[name, typeof secret === 'string' ? secret : Buffer.from(secret).toString('utf8')]];
}

/** The URL as a whole is seldom what leaks. */
function passwordIn(name: string, text: string): readonly NamedText[] {
  const url = urlOf(text);
  const password = url?.password ?? '';
  const all = new Set([password, decoded(password), url?.searchParams.get('password') ?? '']);
  return [...all].filter((given) => given !== '').map((given) => [`${name} (its password)`, given]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function needlesOf([name, text]: NamedText): readonly Needle[] {
  return encodingsOf(text).map(({ encoding, bytes }) => ({ name, encoding, bytes }));
}

/** Every file below the folder, through symbolic links too, in a fixed order; a link back up is not followed. */
async function filesIn(folder: string, seen = new Set<string>()): Promise<readonly string[]> {
  const real = await realpath(folder);
  if (seen.has(real)) return [];
  seen.add(real);
  const files: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    const found = await stat(path).catch(undefinedWhenGone);
    if (found === undefined) continue;
    if (found.isDirectory()) files.push(...(await filesIn(path, seen)));
    else if (found.isFile()) files.push(path);
  }
  return files;
}

/** A symbolic link to nothing serves nothing. */
function undefinedWhenGone(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

/** A `.gz` or `.br` beside a file is served instead of it. */
function contentOf(path: string): Readable {
  const raw = createReadStream(path);
  const unpack = /\.(?:gz|tgz)$/.test(path)
    ? createGunzip()
    : path.endsWith('.br')
      ? createBrotliDecompress()
      : undefined;
  // A fault destroys both ends, and whoever reads from the last one is told.
  return unpack === undefined ? raw : pipeline(raw, unpack, () => undefined);
}

function refuse(message: string): OptionsError {
  return new OptionsError(`scanBundle: ${message}.`, { code: 'INVALID_OPTION' });
}
