import { SeaworthyError } from '@seaworthy/contracts';

/**
 * Thrown by migrations. `code` is `DB_MIGRATION_FILES` (the folder), `DB_MIGRATION_CHANGED` (an applied file was edited),
 * `DB_MIGRATION_ORDER` (one is missing or out of order), `DB_MIGRATION_FAILED` (its SQL failed), `DB_MIGRATION_UNFINISHED`
 * (an earlier one failed half way on MySQL), `DB_MIGRATION_LOCKED` (another runner took too long) or
 * `DB_MIGRATION_IRREVERSIBLE` (no down file).
 */
export class MigrationError extends SeaworthyError {
  static override readonly kind: string = 'MigrationError';
}
