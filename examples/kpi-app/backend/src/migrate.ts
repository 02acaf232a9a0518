// Brings the database to the newest schema: `npm run db:migrate`. The service does the same at its start.
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { createLogger } from '@seaworthy/logging';
import { schema } from './config.js';
import { openDatabase } from './open-database.js';
import { migrations } from './service.js';

const config = schema.loadOrExit();
const logger = createLogger({ service: 'kpi-migrate', environment: schema.profileOf(config) });
const db = openDatabase(config, logger);
try {
  await db.ready();
  const applied = await createMigrations(db, { folder: migrations, logger }).up();
  logger.info('The schema is up to date', { applied });
} finally {
  await db.close();
  await logger.close();
}
