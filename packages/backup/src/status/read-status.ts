import type { BackupSettings } from '../backup-options.js';
import type { BackupHistory } from '../backups.js';
import { catalogHistory, type DrilledBackup } from '../retention/catalog-history.js';
import type { SignalOption } from '../signal-option.js';
import { type BackupStatus, backupStatus } from './backup-status.js';

/** See `Backups.status`. */
export async function readStatus(settings: BackupSettings, options: SignalOption): Promise<BackupStatus> {
  return show(settings, await catalogHistory(settings.targets, options));
}

/** See `Backups.history`. */
export async function readHistory(settings: BackupSettings, options: SignalOption): Promise<BackupHistory> {
  const history = await catalogHistory(settings.targets, options);
  show(settings, history);
  return {
    backups: history.flatMap(({ retainable: { madeAt } }) => (madeAt === undefined ? [] : [madeAt])),
    drills: history.flatMap(({ marks }) => marks.map(({ at }) => at)),
  };
}

function show({ metrics, clock }: BackupSettings, history: readonly DrilledBackup[]): BackupStatus {
  const status = backupStatus(history, clock.now());
  const newest = history.find(({ entry }) => entry.id === status.lastBackup?.id)?.entry;
  metrics.show(status, newest?.status === 'complete' ? newest.manifest : undefined);
  return status;
}
