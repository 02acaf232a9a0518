export { AuditError } from './audit-error.js';
export type { AuditEvent } from './audit-event.js';
export type { AuditLog, AuditStats } from './audit-log.js';
export type { AuditOptions, FileAuditOptions } from './audit-options.js';
export type { AuditAnchor, AuditFault, AuditVerdict } from './audit-verdict.js';
export type { AuditCheckpoint, ChainHead, SigningKey } from './chain.js';
export { createAuditLog } from './create-audit-log.js';
export { createSqlAudit, type SqlAudit, type SqlAuditOptions } from './sql-audit.js';
export { type VerifyOptions, verifyAudit } from './verify-audit.js';
