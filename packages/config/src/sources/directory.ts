import { basename, isAbsolute, join, resolve } from 'node:path';
import { optionsOf } from '@seaworthy/contracts';
import { isHardened } from '../profile.js';
import { openToOthers, othersMask } from './open-to-others.js';
import type { Origin } from './origin.js';
import type { Source, SourceContext, SourceEntry, SourceFault, SourceReading } from './source.js';

export interface DirectoryOptions {
  /** Whether the folder may be absent: on a laptop there is no `/run/secrets`. @defaultValue false */
  readonly optional?: boolean;
}

const readOptions = optionsOf<DirectoryOptions>('sources.directory', { optional: true });

const maxBytes = 64 * 1024;

/**
 * A folder with one file a variable, as Docker and Kubernetes mount secrets. The file of `JWT_SECRET` is called
 * `JWT_SECRET`, `jwt_secret` or `jwt-secret`; two of them together are a conflict. One line break at the end is dropped.
 *
 * In staging and production the file of a secret must give others no permission at all.
 *
 * @example
 * schema.load({ sources: [sources.env(), sources.directory('/run/secrets')] });
 */
export function directorySource(folder: string, options: DirectoryOptions = {}): Source {
  const { optional = false } = readOptions(options);
  return {
    name: 'directory',
    read(context) {
      const path = isAbsolute(folder) ? folder : resolve(context.cwd, folder);
      return readDirectory(context, { source: 'directory', path, shown: folder, optional });
    },
  };
}

/**
 * The credentials that systemd hands to a unit with `LoadCredential=` or `SetCredential=`: the folder that
 * `CREDENTIALS_DIRECTORY` names, with one file a variable, named as in {@link directorySource}. Outside of systemd it gives nothing.
 */
export function systemdCredentialsSource(): Source {
  return {
    name: 'systemd',
    read(context) {
      const path = Object.hasOwn(context.env, variable) ? context.env[variable] : undefined;
      if (path === undefined || path === '') return { entries: [] };
      return readDirectory(context, { source: 'systemd', path, shown: `$${variable}`, optional: false });
    },
  };
}

const variable = 'CREDENTIALS_DIRECTORY';

interface Place {
  readonly source: string;
  readonly path: string;
  /** The folder as it may be printed: what a variable holds may not. */
  readonly shown: string;
  readonly optional: boolean;
}

function readDirectory(context: SourceContext, place: Place): SourceReading {
  // A path cannot hold a NUL, and the error that says so would quote the path.
  const listing = place.path.includes('\0')
    ? ({ fault: 'does not exist' } as const)
    : context.files.list(place.path);
  if ('fault' in listing) {
    if (place.optional && listing.fault === 'does not exist') return { entries: [] };
    return { entries: [], unreadable: [unreadableFolder(place, listing.fault)] };
  }
  const present = new Set(listing.names);
  const entries = context.names.flatMap((name) => {
    const found = [...new Set([name, name.toLowerCase(), name.toLowerCase().replaceAll('_', '-')])].filter(
      (spelling) => present.has(spelling),
    );
    const [file, other] = found;
    if (file === undefined) return [];
    if (other !== undefined) return [{ name, fault: twice(file, other), origin: originOf(place, file) }];
    return [readEntry(name, file, context, place)];
  });
  return { entries };
}

function readEntry(name: string, file: string, context: SourceContext, place: Place): SourceEntry {
  const origin = originOf(place, file);
  const read = context.files.readText(join(place.path, file), maxBytes);
  if ('fault' in read) {
    if (read.fault === 'is empty') return { name, value: '', origin };
    return { name, fault: unusable(read.fault, origin), origin };
  }
  if (isHardened(context.profile) && context.isSecret(name) && (read.mode & othersMask) !== 0) {
    return { name, fault: openToOthers(context.profile, origin.at), origin };
  }
  return { name, value: read.text.replace(/\r?\n$/, ''), origin };
}

function originOf({ source, shown }: Place, file: string): Origin {
  const at = join(shown, basename(file));
  return { source, at, file: at };
}

function twice(file: string, other: string): SourceFault['fault'] {
  return {
    code: 'conflict',
    message: `stands in two files, ${file} and ${other}`,
    expected: 'one file',
    fix: `Remove ${file} or ${other}.`,
  };
}

function unusable(fault: string, { at }: Origin): SourceFault['fault'] {
  return {
    code: 'unreadable',
    message: `cannot be read: ${at} ${fault}`,
    expected: 'a regular text file in UTF-8 of at most 64 KiB that this process may read',
    fix: `Mend or remove ${at}.`,
  };
}

function unreadableFolder({ source, shown }: Place, fault: string): SourceFault {
  return {
    name: shown,
    fault: {
      code: 'unreadable',
      message: `${fault}; what is missing may stand in it, so missing variables are not listed`,
      expected: 'a folder that this process may list',
      fix: `Mount or create ${shown}, or take it from the sources.`,
    },
    origin: { source, at: shown },
  };
}
