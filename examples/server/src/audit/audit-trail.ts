import { createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { Secret } from '@seaworthy/contracts';
import type { Db, QueryRunner } from '@seaworthy/db-pool';
import { type AuditEvent, createSqlAudit } from '@seaworthy/logging/audit';

/** What somebody did to something. */
export interface Change {
  /** A user's id; `null` for nobody known. */
  readonly actor: string | null;
  readonly action: string;
  readonly target: { readonly type: string; readonly id: string } & Readonly<Record<string, unknown>>;
}

/** Who did what, in the database of the application. */
export interface AuditTrail {
  /** A change with what was there before and after, in its transaction, as the last thing in it. */
  changed(
    tx: QueryRunner,
    change: Change,
    before: object | undefined,
    after: object | undefined,
  ): Promise<void>;
  /** An event without a change of its own to go with: a failed login, a read of personal data. */
  note(event: AuditEvent): Promise<void>;
  /** An event in a transaction. */
  record(tx: QueryRunner, event: AuditEvent): Promise<void>;
}

export interface AuditTrailOptions {
  readonly db: Db;
  readonly environment: string;
  readonly key: KeyObject;
}

/** The trail in the tables of migration 0003. */
export function createAuditTrail({ db, environment, key }: AuditTrailOptions): AuditTrail {
  const audit = createSqlAudit({ key, environment });

  async function record(tx: QueryRunner, event: AuditEvent): Promise<void> {
    await audit.record(tx, event);
  }

  return {
    record,
    note: (event) => db.transaction((tx) => record(tx, event)),
    changed: (tx, change, before, after) =>
      record(tx, { ...change, outcome: 'success', changes: differences(before, after) }),
  };
}

/** The Ed25519 key that signs the trail: made from the application's secret, so that a demonstration has one secret to keep. */
export function auditKey(secret: Secret): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', secret.reveal(), '', 'audit trail', 32));
  const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex'); // RFC 8410, section 7
  return createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
}

function differences(before: object | undefined, after: object | undefined): Record<string, unknown> {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  const valueIn = (row: object | undefined, name: string): unknown =>
    row === undefined ? null : (Reflect.get(row, name) ?? null);
  const changed = [...names].filter(
    (name) => JSON.stringify(valueIn(before, name)) !== JSON.stringify(valueIn(after, name)),
  );
  return Object.fromEntries(
    changed.map((name) => [name, { from: valueIn(before, name), to: valueIn(after, name) }]),
  );
}
