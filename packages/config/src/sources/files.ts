import { resolve } from 'node:path';
import { isHardened } from '../profile.js';
import { openToOthers, othersMask } from './open-to-others.js';
import type { Origin } from './origin.js';
import type { Source, SourceContext, SourceEntry, SourceFault } from './source.js';

const maxBytes = 64 * 1024;

/**
 * `X_FILE` names a file whose content is the value of `X`, as Docker and Kubernetes mount secrets. One line break at the
 * end is dropped. Both `X` and `X_FILE` is a conflict; an empty one of the two counts as not set.
 *
 * In staging and production the file of a secret must give others no permission at all. A path is never printed:
 * somebody may have put the secret itself there.
 */
export function filesSource(): Source {
  return {
    name: 'files',
    read(context) {
      return { entries: context.names.flatMap((name) => readPointer(name, context) ?? []) };
    },
  };
}

function readPointer(name: string, context: SourceContext): SourceEntry | undefined {
  const { cwd, env, previous } = context;
  const pointer = `${name}_FILE`;
  const entry = previous(pointer);
  if (entry !== undefined && 'fault' in entry) return { ...entry, name };
  // The environment is asked directly too, so that a list of sources with `files()` first does not ignore X_FILE.
  const path = entry?.value ?? (Object.hasOwn(env, pointer) ? env[pointer] : undefined);
  if (path === undefined || path === '') return undefined;

  const origin: Origin = { source: 'file', at: `the file that ${pointer} names` };
  const direct = previous(name) ?? inEnvironment(name, context);
  if (direct !== undefined && ('fault' in direct || direct.value !== '')) {
    return { name, fault: setTwice(name, pointer, direct.origin), origin };
  }
  // A path cannot hold a NUL, and the error that says so would quote the path.
  const read = path.includes('\0')
    ? ({ fault: 'does not exist' } as const)
    : context.files.readText(resolve(cwd, path), maxBytes);
  if ('fault' in read) return { name, fault: unusable(pointer, read.fault), origin };
  if (isHardened(context.profile) && context.isSecret(name) && (read.mode & othersMask) !== 0) {
    return { name, fault: openToOthers(context.profile, origin.at), origin };
  }
  const value = read.text.replace(/\r?\n$/, '');
  // An empty value would count as not set, and a default or nothing would be used instead of the file.
  return value === '' ? { name, fault: unusable(pointer, 'is empty'), origin } : { name, value, origin };
}

function inEnvironment(name: string, { env }: SourceContext): SourceEntry | undefined {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  const origin = { source: 'environment', at: 'the process environment' };
  return value === undefined ? undefined : { name, value, origin };
}

function setTwice(name: string, pointer: string, direct: Origin): SourceFault['fault'] {
  return {
    code: 'conflict',
    message: `is set as well as ${pointer}`,
    expected: `either ${name} or ${pointer}`,
    fix: `Remove ${name} from ${direct.at}, or remove ${pointer}.`,
  };
}

function unusable(pointer: string, fault: string): SourceFault['fault'] {
  return {
    code: 'unreadable',
    message: `cannot be read: the file that ${pointer} names ${fault}`,
    expected: 'a regular text file in UTF-8, not empty, of at most 64 KiB, that this process may read',
    fix: `Correct ${pointer} or the file that it names.`,
  };
}
