// Puts the demonstration's data into an empty database: `npm run db:seed`.
import { createLogger } from '@seaworthy/logging';
import { schema } from '../config.js';
import { openDatabase } from '../open-database.js';
import { seed } from './seed.js';

const config = schema.loadOrExit();
const logger = createLogger({ service: 'crm-seed', environment: schema.profileOf(config) });
const db = openDatabase(config, logger);
try {
  await db.ready();
  const added = await seed(db, new Date());
  logger.info(added ? 'Demonstration data added' : 'There is data already, nothing was added');
} finally {
  await db.close();
  await logger.close();
}
