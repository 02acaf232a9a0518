import { transactionConflictsContract } from './contract/transaction-conflicts.js';
import { describeEngines } from './support/engines.js';

// PGlite has one connection, so transactions cannot meet.
describeEngines({ 'transaction conflicts': transactionConflictsContract }, ['postgres', 'mysql']);
