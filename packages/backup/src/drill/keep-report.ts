import type { Clock } from '@seaworthy/contracts';
import { layoutOf } from '../manifest/layout.js';
import type { BackupTarget } from '../targets/backup-target.js';
import { putObject } from '../targets/put-object.js';
import { drillNote } from './drill-mark.js';
import type { DrillReport } from './drill-report.js';

export interface KeepReportOptions {
  /** The place of the artifact in the manifest. */
  readonly artifact: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** Writes the report of a drill beside what was drilled, under a name that says what it came to. */
export async function keepReport(
  target: BackupTarget,
  report: DrillReport,
  { artifact, ...options }: KeepReportOptions,
): Promise<void> {
  const { backup, outcome, startedAt } = report;
  const key = layoutOf(backup).note(backup, drillNote({ artifact, outcome, at: Date.parse(startedAt) }));
  await putObject(target, { key, bytes: Buffer.from(`${JSON.stringify(report, null, 2)}\n`) }, options);
}
