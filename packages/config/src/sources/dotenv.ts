import { isAbsolute, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { optionsOf } from '@seaworthy/contracts';
import { isHardened } from '../profile.js';
import { dotenvFiles } from './dotenv-files.js';
import { dotenvLines, type LineFault } from './dotenv-lines.js';
import { openToOthers, othersMask } from './open-to-others.js';
import type { Origin } from './origin.js';
import type { FileFault } from './read-text-file.js';
import type { Source, SourceContext, SourceEntry, SourceFault, SourceReading } from './source.js';

export interface DotenvOptions {
  /** The folder that holds the files, absolute or seen from `cwd`. @defaultValue the `cwd` of `load` */
  readonly folder?: string;
}

const readOptions = optionsOf<DotenvOptions>('sources.dotenv', { folder: true });

const maxBytes = 1024 ** 2;

const fixes: Readonly<Record<LineFault, string>> = {
  'has a quote that is not closed': 'Close the quote.',
  'has text after its closing quote': 'Put the other kind of quote around the whole value.',
  'has an unquoted # that would cut it off': 'Put quotes around the value, or a blank before the comment.',
  'is swallowed by a quote that opened above it': 'Close the quote that stands above it.',
  'is swallowed by a line above it that is no assignment': 'Mend or remove the line above it.',
  'stands on a line that is no assignment': 'Write it as NAME=value, or put a # before a comment.',
};

/**
 * The dotenv files of the profile. Later wins: `.env`, `.env.local`, `.env.<profile>`, `.env.<profile>.local`. In the
 * profile test `.env.local` is left out, so that tests give the same result on every machine. A file that does not exist
 * is no fault. In staging and production a file that gives a secret must give others no permission at all.
 *
 * The format is Node's own (`util.parseEnv`); variables are not expanded. What that parser would silently cut or swallow
 * is a problem here.
 */
export function dotenvSource(options: DotenvOptions = {}): Source {
  const { folder = '.' } = readOptions(options);
  return {
    name: 'dotenv',
    read(context) {
      const base = isAbsolute(folder) ? folder : resolve(context.cwd, folder);
      const readings = dotenvFiles(context.profile).map((file) =>
        readDotenv(resolve(base, file), file, context),
      );
      return {
        entries: readings.flatMap((reading) => reading.entries),
        unreadable: readings.flatMap((reading) => reading.unreadable ?? []),
      };
    },
  };
}

function readDotenv(path: string, file: string, context: SourceContext): SourceReading {
  const { names, files, isSecret } = context;
  const read = files.readText(path, maxBytes);
  if ('fault' in read) {
    if (read.fault === 'does not exist' || read.fault === 'is empty') return { entries: [] };
    return { entries: [], unreadable: [unreadable(file, read.fault)] };
  }
  const parsed = parseEnv(read.text);
  const lines = dotenvLines(read.text, parsed);
  const entries: SourceEntry[] = [];
  const isOpen = isHardened(context.profile) && (read.mode & othersMask) !== 0;
  // Names that are not declared too, to find typos; what they are set to is of no effect.
  const all = new Set([...names.flatMap((name) => [name, `${name}_FILE`]), ...Object.keys(parsed)]);
  for (const name of all) {
    const line = lines.get(name);
    const origin = originOf(file, line?.line);
    const value = Object.hasOwn(parsed, name) ? parsed[name] : undefined;
    if (line?.fault !== undefined) entries.push({ name, fault: ambiguous(line.fault), origin });
    else if (value !== undefined && value !== '' && isOpen && isSecret(name)) {
      entries.push({ name, fault: openToOthers(context.profile, file), origin });
    } else if (value !== undefined) entries.push({ name, value, origin });
  }
  return { entries };
}

function originOf(file: string, line: number | undefined): Origin {
  if (line === undefined) return { source: 'dotenv', at: file, file };
  return { source: 'dotenv', at: `${file}:${line}`, file, line };
}

function ambiguous(message: LineFault): SourceFault['fault'] {
  return {
    code: 'invalid',
    message,
    expected: 'a line that can be read in one way only',
    fix: fixes[message],
  };
}

function unreadable(file: string, fault: FileFault): SourceFault {
  return {
    name: file,
    fault: {
      code: 'unreadable',
      message: `${fault}; what is missing may stand in it, so missing variables are not listed`,
      expected: 'a text file in UTF-8 of at most 1 MiB that this process may read, or none',
      fix: `Mend or remove ${file}.`,
    },
    origin: originOf(file, undefined),
  };
}
