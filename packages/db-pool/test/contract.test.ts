import { cancellationContract } from './contract/cancellation.js';
import { migrationsContract } from './contract/migrations.js';
import { queriesContract } from './contract/queries.js';
import { sessionsContract } from './contract/sessions.js';
import { transactionsContract } from './contract/transactions.js';
import { describeEngines } from './support/engines.js';

// Few files, because every file that uses an engine starts it anew, and PGlite takes seconds for that.
describeEngines({
  queries: queriesContract,
  sessions: sessionsContract,
  transactions: transactionsContract,
  cancellation: cancellationContract,
  migrations: migrationsContract,
});
