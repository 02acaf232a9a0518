/** A full backup stands alone; a differential one needs its full one, an incremental one every backup since. */
export type PhysicalKind = 'full' | 'differential' | 'incremental';

/** One backup of the files of a database cluster, as pgBackRest's repository has it. */
export interface PhysicalBackup {
  /** pgBackRest's label: `20261122-030000F`, and for one that builds on it `20261122-030000F_20261123-030000I`. */
  readonly id: string;
  readonly kind: PhysicalKind;
  readonly startedAt: Date;
  readonly completedAt: Date;
  /** What this backup added to the repository, compressed and encrypted as its configuration says. */
  readonly bytes: number;
  /** The size of the database cluster. */
  readonly rawBytes: number;
  /** The backups that it needs, the oldest first; empty for a full one. */
  readonly needs: readonly string[];
  /** `damaged` when pages of the database had wrong checksums already when they were read. */
  readonly status: 'complete' | 'damaged';
}
