// Puts the demonstration's data into an empty database: `npm run db:seed`.
import { seedDatabase } from '@seaworthy-example/server';
import { schema } from '../config.js';
import { openDatabase as open } from '../open-database.js';
import { seed } from './seed.js';

await seedDatabase({ name: 'kpi-seed', schema, open, seed });
