export {
  createMigrations,
  type MigrationRunOptions,
  type MigrationState,
  type MigrationStatus,
  type Migrations,
  type MigrationsOptions,
} from './migrations/create-migrations.js';
export { MigrationError } from './migrations/migration-error.js';
