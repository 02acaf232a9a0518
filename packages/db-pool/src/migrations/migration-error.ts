import { SeaworthyError } from '@seaworthy/contracts';

/**
 * Thrown by migrations. `code` is `DB_MIGRATION_FILES` (the folder), `DB_MIGRATION_CHANGED` (an applied file was edited),
 * `DB_MIGRATION_ORDER` (one is missing or out of order), `DB_MIGRATION_FAILED` (its SQL failed), `DB_MIGRATION_UNFINISHED`
 * (an earlier one stopped half way), `DB_MIGRATION_LOCKED` (another runner took too long), `DB_MIGRATION_POOLER` (a pooler in
 * transaction mode, through which no lock holds), `DB_MIGRATION_IRREVERSIBLE` (no down file), `DB_MIGRATION_BACKUP` (the backup before it failed; nothing was changed), `DB_MIGRATION_RESTORE` (it failed, and so did
 * putting the backup back) or `DB_MIGRATION_REFUSED` (`reset` outside of development and test).
 */
export class MigrationError extends SeaworthyError {
  static override readonly kind: string = 'MigrationError';
}
