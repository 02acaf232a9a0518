export type { Account, AccountPage } from './accounts/account.js';
export { accountChanges, accountFilter, newAccount } from './accounts/account-requests.js';
export { type Accounts, type AccountsOptions, createAccounts, deactivated } from './accounts/accounts.js';
export { ApiError, type FieldProblem, type Problem } from './api-error.js';
export {
  type AuditTrail,
  type AuditTrailOptions,
  auditKey,
  type Change,
  createAuditTrail,
} from './audit/audit-trail.js';
export {
  type DatabaseCommandOptions,
  migrateDatabase,
  seedDatabase,
} from './database/database-command.js';
export { insertRows } from './database/insert-rows.js';
export { startingWithin } from './database/starting-within.js';
export { day } from './day.js';
export { idOf } from './id-of.js';
export { containing, pageNumber, pageSize, searchText } from './list-query.js';
export { type LoginGuardParts, loginGuard } from './login-guard.js';
export { type NightlyBackups, type NightlyBackupsOptions, nightlyBackups } from './nightly-backups.js';
export { type OptionalRedis, type OptionalRedisOptions, optionalRedis } from './optional-redis.js';
export { pagePolicyHeader } from './pages/page-policy.js';
export { parse } from './parse.js';
export { hashPassword, verifyPassword } from './password.js';
export { type FailedRequest, problemAnswers } from './problem-answer.js';
export { type SeededRandom, seededId, seededRandom } from './seeded-random.js';
export { type ServedCertificate, servedCertificate } from './served-certificate.js';
export { type SessionCookie, type SessionCookieOptions, sessionCookie } from './session-cookie.js';
