import { BackupError } from '../backup-error.js';
import type { Contents, Manifest, ManifestArtifact, TableContents } from './manifest.js';

/**
 * Reads a manifest that may have been damaged, written by the version before or by a newer one.
 *
 * @throws BackupError `BACKUP_UNREADABLE`
 */
export function parseManifest(text: string, id: string): Manifest {
  const manifest = object(attempt(() => JSON.parse(text)));
  if (manifest?.format !== 'seaworthy-backup') throw unreadable(id, 'it is no manifest of Seaworthy');
  const { version } = manifest;
  if (version !== 1 && version !== 2)
    throw unreadable(id, 'a newer version of @seaworthy/backup wrote it: update this one');
  const head = fieldsOf(manifest, 'its head', id);
  if (manifest.id !== id) throw unreadable(id, 'its head is damaged');
  const { artifacts } = manifest;
  if (!Array.isArray(artifacts) || artifacts.length === 0) throw unreadable(id, 'it names nothing');
  return {
    format: 'seaworthy-backup',
    version: 2,
    id,
    startedAt: head.time('startedAt'),
    completedAt: head.time('completedAt'),
    tags: version === 1 ? [] : head.texts('tags'),
    recipients: version === 1 ? [] : head.texts('recipients'),
    artifacts: artifacts.map((artifact) => parseArtifact(artifact, version, id)),
  };
}

function parseArtifact(value: unknown, version: 1 | 2, id: string): ManifestArtifact {
  const found = object(value) ?? {};
  const { text, size, texts, oneOf } = fieldsOf(found, 'an artifact', id);
  const key = text('key', /^[\w-]+(?:\/[\w-]+)?\.(?:sql|rdb|tar|mbstream)(?:\.zst|\.gz)(?:\.age)?$/);
  if (!key.startsWith(`${id}/`) && !key.startsWith(`${id}.`))
    throw unreadable(id, 'it points outside of its backup');
  const sha256 = text('sha256', hex256);
  return {
    source: text('source', /^[a-z][a-z0-9_-]{0,62}$/i), // a part of paths
    engine: oneOf('engine', ['postgres', 'mysql', 'redis', 'files', 'pglite', 'mariadb']),
    database: text('database'),
    serverVersion: text('serverVersion'),
    system: text('system'),
    tool: text('tool'),
    format: oneOf('format', ['sql', 'rdb', 'tar', 'mbstream']),
    compression: oneOf('compression', ['zstd', 'gzip']),
    encryption: version === 1 ? 'none' : oneOf('encryption', ['none', 'age']),
    key,
    bytes: size('bytes'),
    sha256,
    plainSha256: version === 1 ? sha256 : text('plainSha256', hex256),
    rawBytes: size('rawBytes'),
    headerBytes: version === 1 ? 0 : size('headerBytes'),
    ...(found.contents === undefined ? {} : { contents: parseContents(found.contents, id) }),
    warnings: texts('warnings'),
  };
}

const hex256 = /^[0-9a-f]{64}$/;

function parseContents(value: unknown, id: string): Contents {
  const found = object(value) ?? {};
  const { oneOf } = fieldsOf(found, 'what an artifact holds', id);
  return {
    precision: oneOf('precision', ['snapshot', 'bracketed']),
    tables: parseTables(found.tables, id),
    ...(found.after === undefined ? {} : { after: parseTables(found.after, id) }),
  };
}

function parseTables(value: unknown, id: string): readonly TableContents[] {
  if (!Array.isArray(value)) throw unreadable(id, 'the list of tables is damaged');
  return value.map((table) => {
    const found = object(table) ?? {};
    const { text, size } = fieldsOf(found, 'a table', id);
    const hash = found.hash === undefined ? {} : { hash: text('hash', /^[0-9a-f]{32}$/) };
    return { name: text('name'), rows: size('rows'), ...hash };
  });
}

interface Fields {
  text(name: string, pattern?: RegExp): string;
  time(name: string): string;
  size(name: string): number;
  texts(name: string): readonly string[];
  oneOf<const T extends string>(name: string, values: readonly T[]): T;
}

function fieldsOf(found: Readonly<Record<string, unknown>>, of: string, id: string): Fields {
  const damaged = (name: string): BackupError => unreadable(id, `"${name}" of ${of} is damaged`);
  const fields: Fields = {
    text(name, pattern = /^/) {
      const part = found[name];
      if (typeof part === 'string' && pattern.test(part)) return part;
      throw damaged(name);
    },
    time(name) {
      const part = fields.text(name, /^\d{4,6}-\d\d-\d\dT[\d:.]+Z$/);
      if (Number.isNaN(Date.parse(part))) throw damaged(name);
      return part;
    },
    size(name) {
      const part = found[name];
      if (typeof part === 'number' && Number.isSafeInteger(part) && part >= 0) return part;
      throw damaged(name);
    },
    texts(name) {
      const part = found[name];
      if (Array.isArray(part) && part.every((item) => typeof item === 'string')) return part;
      throw damaged(name);
    },
    oneOf(name, values) {
      const part = values.find((candidate) => candidate === found[name]);
      if (part !== undefined) return part;
      throw damaged(name);
    },
  };
  return fields;
}

function object(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? { ...value } : undefined;
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function unreadable(id: string, why: string): BackupError {
  return new BackupError(`The manifest of backup ${id} cannot be used: ${why}.`, {
    code: 'BACKUP_UNREADABLE',
    stage: 'read',
  });
}
