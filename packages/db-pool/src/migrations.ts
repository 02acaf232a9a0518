export {
  createMigrations,
  type MigrationRunOptions,
  type Migrations,
} from './migrations/create-migrations.js';
export { MigrationError } from './migrations/migration-error.js';
export type {
  MigrationBackup,
  MigrationPlan,
  MigrationsOptions,
  RestoreTools,
} from './migrations/migration-options.js';
export type { MigrationState, MigrationStatus } from './migrations/migration-status.js';
