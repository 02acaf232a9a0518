import { BackupError } from '../backup-error.js';
import { type DrillReport, whyFailed } from './drill-report.js';

/** Thrown when a backup was drilled and is not good: `DRILL_FAILED`, with the reports of all its sources. */
export class DrillError extends BackupError {
  static override readonly kind: string = 'DrillError';

  readonly reports: readonly DrillReport[];

  constructor(reports: readonly DrillReport[]) {
    const failed = reports.filter(({ outcome }) => outcome === 'failed');
    const why = failed.map((report) => `${report.source}: ${whyFailed(report)}`).join(' ');
    super(
      `The drill of backup ${failed[0]?.backup} failed. ${why} Make a new backup now, and drill it; older verified ones are kept.`,
      { code: 'DRILL_FAILED', stage: 'verify' },
    );
    this.reports = reports;
  }
}
