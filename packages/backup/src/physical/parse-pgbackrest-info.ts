import { BackupError } from '../backup-error.js';
import type { PhysicalBackup, PhysicalKind } from './physical-backup.js';

const kinds: Readonly<Record<string, PhysicalKind>> = {
  full: 'full',
  diff: 'differential',
  incr: 'incremental',
};

/**
 * Reads what `pgbackrest info --output=json` prints about one stanza, the newest backup first.
 *
 * @throws BackupError `BACKUP_UNREADABLE` when it is something else, or the repository cannot be used.
 */
export function parsePgBackRestInfo(text: string, stanza: string): readonly PhysicalBackup[] {
  const stanzas = attempt(() => JSON.parse(text));
  const found = Array.isArray(stanzas) ? stanzas.map(object).find(({ name }) => name === stanza) : undefined;
  if (found === undefined) throw unreadable(stanza, 'it does not name the stanza');
  const { code, message } = object(found.status);
  // Also without backups, and where the repositories differ, as when one was added; else none of them can be used.
  if (code !== 0 && code !== 2 && code !== 4)
    throw unreadable(stanza, `it says "${String(message).slice(0, 200)}"; see \`pgbackrest check\``);
  const backups = Array.isArray(found.backup) ? found.backup : [];
  return backups.map((backup) => parseBackup(object(backup), stanza)).toReversed();
}

function parseBackup(backup: Readonly<Record<string, unknown>>, stanza: string): PhysicalBackup {
  const { label, type, error, reference } = backup;
  const time = object(backup.timestamp);
  const info = object(backup.info);
  const stored = object(info.repository);
  const kind = typeof type === 'string' ? kinds[type] : undefined;
  const [start, stop, size, bytes] = [time.start, time.stop, info.size, stored.delta].map(Number);
  if (
    typeof label !== 'string' ||
    !/^[0-9A-Z_-]{1,64}$/i.test(label) ||
    kind === undefined ||
    ![start, stop, size, bytes].every(Number.isFinite)
  )
    throw unreadable(stanza, 'it describes a backup in a way that is not known here');
  return {
    id: label,
    kind,
    startedAt: new Date(Number(start) * 1_000),
    completedAt: new Date(Number(stop) * 1_000),
    bytes: Number(bytes),
    rawBytes: Number(size),
    needs: Array.isArray(reference) ? reference.map(String) : [],
    status: error === true ? 'damaged' : 'complete',
  };
}

function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function unreadable(stanza: string, why: string): BackupError {
  return new BackupError(`What pgbackrest tells of the stanza ${stanza} cannot be used: ${why}.`, {
    code: 'BACKUP_UNREADABLE',
    stage: 'read',
    tool: 'pgbackrest',
  });
}
