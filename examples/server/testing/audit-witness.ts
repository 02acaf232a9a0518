import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@seaworthy/contracts';
import { type Db, sql } from '@seaworthy/db-pool';
import { createSqlAudit, verifyAudit } from '@seaworthy/logging/audit';
import { waitFor } from '@seaworthy/testkit';
import { auditKey } from '@seaworthy-example/server';
import { expect } from 'vitest';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // The tests look into bodies of every shape; what they expect is what they check.
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface Scenario {
  /** Makes what the request needs and returns the request, which then succeeds. */
  prepare(): Promise<() => Promise<Answer>>;
  /** What its record says, beside the success. */
  readonly event: object;
}

export interface AuditWitnessOptions {
  /** The folder of the application, with `src` and `migrations`. */
  readonly folder: string;
  readonly engine: 'postgres' | 'mysql';
  /** Its JWT_SECRET. */
  readonly secret: string;
  readonly db: () => Db;
}

/** Looks into the audit trail of an application while its routes are asked. */
export interface AuditWitness {
  /** Every route that changes something, as the sources declare it. */
  mutatingRoutes(): readonly string[];
  /** The status of a request, and the one event that it leaves. */
  eventOf(ask: () => Promise<Answer>): Promise<readonly [number, Record<string, unknown>]>;
  /** Expects the chain to verify, and the tables to be made as the audit log wants them. */
  expectChain(): Promise<void>;
  /** Expects that no request of the scenarios changes the state while the trail takes no record. */
  expectNothingWithoutRecord(
    scenarios: Readonly<Record<string, Scenario>>,
    state: () => Promise<string>,
  ): Promise<void>;
}

export function auditWitness({ folder, engine, secret, db }: AuditWitnessOptions): AuditWitness {
  const key = auditKey(new Secret('JWT_SECRET', secret));

  async function events(): Promise<Record<string, unknown>[]> {
    const query = sql`select body from audit_log where kind = 'event' order by seq`;
    return (await db().many<{ body: string }>(query)).map(({ body }) => JSON.parse(body));
  }

  return {
    mutatingRoutes: () =>
      readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(folder, 'src', name), 'utf8'))
        .flatMap((text) => [...text.matchAll(/\b\w+\.(post|put|patch|delete)\(\s*'(\/[^']*)'/g)])
        .map(([, method = '', path = '']) => `${method.toUpperCase()} ${path.replace(/^(?!\/api)/, '/api')}`)
        .sort(),

    async eventOf(ask) {
      const before = (await events()).length;
      const { status } = await ask();
      await waitFor(async () => (await events()).length > before, { what: 'an audit record' });
      const added = (await events()).slice(before);
      expect(added).toHaveLength(1);
      return [status, added[0] ?? {}];
    },

    async expectChain() {
      const audit = createSqlAudit({ key, environment: 'test' });
      const publicKeys = [createPublicKey(key)];
      expect(await verifyAudit(audit.rows(db()), { publicKeys })).toMatchObject({ ok: true });
      const migration = readFileSync(join(folder, 'migrations/0003_audit.up.sql'), 'utf8');
      for (const statement of audit.schema(engine)) expect(migration).toContain(`${statement};`);
    },

    async expectNothingWithoutRecord(scenarios, state) {
      for (const [route, { prepare }] of Object.entries(scenarios)) {
        const ask = await prepare();
        const before = await state();
        await db().exec(sql`alter table audit_log_head rename to audit_log_gone`);
        try {
          expect((await ask()).status, route).toBe(500);
        } finally {
          await db().exec(sql`alter table audit_log_gone rename to audit_log_head`);
        }
        expect(await state(), route).toBe(before);
      }
    },
  };
}
