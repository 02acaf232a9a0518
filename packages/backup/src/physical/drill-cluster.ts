import { join } from 'node:path';
import { BackupError } from '../backup-error.js';
import { checkInvariants } from '../drill/check-invariants.js';
import { type DrillReport, drillReport } from '../drill/drill-report.js';
import { folderPlaces } from '../drill/folder-places.js';
import { keepScratch } from '../drill/keep-scratch.js';
import { scratchName } from '../drill/scratch.js';
import type { ClusterDrillSettings, PgBackRestSettings } from './pgbackrest-options.js';
import { restoreCluster } from './restore-cluster.js';
import { type ScratchCluster, startScratchCluster } from './scratch-cluster.js';

export interface DrillClusterOptions {
  readonly settings: PgBackRestSettings;
  readonly drill: ClusterDrillSettings;
  /** The backup that it begins with. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** A drill that was killed leaves its place; after so long it must be dead, whatever its timeout. */
const reapAfterMs = 25 * 3_600_000;

/** Checksum, format, missing file, missing path, invalid set. Source: pgBackRest, src/build/error/error.yaml. */
const backupsFault = new Set<unknown>([26, 28, 29, 55, 73, 75]);

const databases = `select datname from pg_database where datallowconn and not datistemplate order by 1`;

/** Restores the cluster into a place of its own, starts it there, reads all of it and asks the invariants. */
export async function drillCluster({
  settings,
  drill,
  id,
  signal,
}: DrillClusterOptions): Promise<DrillReport> {
  const { clock, stanza, runAs, logger } = settings;
  const startedAt = clock.now();
  const places = folderPlaces(drill.folder, runAs);
  const kept = keepScratch(places, logger);
  const placeName = scratchName(startedAt);
  const report = (found: Partial<DrillReport>): DrillReport =>
    drillReport({ backup: id, source: stanza, startedAt, completedAt: clock.now() }, found);
  let cluster: ScratchCluster | undefined;
  try {
    await kept.reap({ startedAt, olderThanMs: Math.max(reapAfterMs, drill.timeoutMs), signal });
    const place = await places.make(placeName);
    const data = join(place, 'data');
    const began = clock.monotonic();
    await restoreCluster(settings, {
      to: data,
      confirm: data,
      id,
      tablespaces: join(place, 'tablespaces'),
      signal,
    });
    cluster = await startScratchCluster({ data, user: drill.user, settings: drill.settings, runAs, signal });
    const restoreMs = Math.round(clock.monotonic() - began);
    return report({ restoreMs, ...(await inspect(cluster, data)) });
  } catch (error) {
    signal.throwIfAborted();
    if (!isBackupsFault(error)) throw error;
    return report({ error: { code: error.code, message: error.message } });
  } finally {
    try {
      await cluster?.stop();
    } finally {
      await kept.drop(placeName);
    }
  }

  async function inspect(running: ScratchCluster, data: string): Promise<Partial<DrillReport>> {
    let [tables, rows] = [0, 0];
    for (const [name = ''] of await running.query('postgres', databases, signal)) {
      const found = await running.count(name, signal);
      tables += found.tables;
      rows += found.rows;
    }
    const { database } = drill;
    const invariants = await checkInvariants(drill.invariants, {
      database: {
        source: stanza,
        url: running.url(database),
        folder: data,
        query: (sql) => running.query(database, sql, signal),
        signal,
      },
      timeoutMs: drill.timeoutMs,
      clock,
    });
    return {
      outcome: invariants.every(({ passed }) => passed) ? 'passed' : 'failed',
      tables,
      rows,
      invariants,
    };
  }
}

/** Reading every row fails with a SQLSTATE of class XX where a page is damaged. */
function isBackupsFault(error: unknown): error is BackupError {
  if (!BackupError.is(error)) return false;
  if (error.tool === 'pgbackrest') return backupsFault.has(error.exitCode);
  return error.code === 'RESTORE_FAILED' || /SQLSTATE XX/.test(error.message);
}
