import { chown, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError } from '../backup-error.js';
import { checkInvariants } from '../drill/check-invariants.js';
import type { DrillReport } from '../drill/drill-report.js';
import { madeAtOf, scratchName } from '../drill/scratch.js';
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
  const place = join(drill.folder, scratchName(startedAt));
  const data = join(place, 'data');
  const report = (found: Partial<DrillReport>): DrillReport => ({
    format: 'seaworthy-drill',
    version: 1,
    backup: id,
    source: stanza,
    outcome: 'failed',
    startedAt: new Date(startedAt).toISOString(),
    completedAt: new Date(clock.now()).toISOString(),
    compared: 'nothing',
    tables: 0,
    rows: 0,
    differences: [],
    invariants: [],
    ...found,
  });
  let cluster: ScratchCluster | undefined;
  try {
    await reap();
    await mkdir(place, { recursive: true, mode: 0o700 });
    if (runAs !== undefined) await chown(place, runAs.uid, runAs.gid);
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
    return report({ restoreMs, ...(await inspect(cluster)) });
  } catch (error) {
    signal.throwIfAborted();
    if (!isBackupsFault(error)) throw error;
    return report({ error: { code: error.code, message: error.message } });
  } finally {
    await cluster?.stop();
    await remove(place);
  }

  async function inspect(running: ScratchCluster): Promise<Partial<DrillReport>> {
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

  async function reap(): Promise<void> {
    for (const name of await readdir(drill.folder).catch(() => [])) {
      const madeAt = madeAtOf(name);
      if (madeAt === undefined || startedAt - madeAt < Math.max(reapAfterMs, drill.timeoutMs)) continue;
      await remove(join(drill.folder, name));
      logger.warn('A scratch place that an earlier drill left behind was dropped.', { place: name });
    }
  }

  async function remove(folder: string): Promise<void> {
    try {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    } catch (error) {
      logger.warn('A scratch place could not be dropped; the next drill tries again.', {
        place: folder,
        error,
      });
    }
  }
}

/** Reading every row fails with a SQLSTATE of class XX where a page is damaged. */
function isBackupsFault(error: unknown): error is BackupError {
  if (!BackupError.is(error)) return false;
  if (error.tool === 'pgbackrest') return backupsFault.has(error.exitCode);
  return error.code === 'RESTORE_FAILED' || /SQLSTATE XX/.test(error.message);
}
