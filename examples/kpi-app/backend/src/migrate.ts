// Brings the database to the newest schema: `npm run db:migrate`. The service does the same at its start.
import { migrateDatabase } from '@seaworthy-example/server';
import { schema } from './config.js';
import { openDatabase as open } from './open-database.js';
import { migrations as folder } from './service.js';

await migrateDatabase({ name: 'kpi-migrate', schema, open, folder });
