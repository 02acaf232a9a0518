// The entries that only some services need, typed as an application would use them.

import { generateKeyPairSync } from 'node:crypto';
import { ConfigError, defineConfig, env } from '@seaworthy/config';
import { awsSecrets, type SecretsManagerClient } from '@seaworthy/config/aws';
import { type BundleReport, scanBundle } from '@seaworthy/config/tools';
import { vault } from '@seaworthy/config/vault';
import { createDb, sql } from '@seaworthy/db-pool';
import { mysql } from '@seaworthy/db-pool/mysql';
import { mysqlPool } from '@seaworthy/db-pool/mysql2-pool';
import { pgPool } from '@seaworthy/db-pool/pg-pool';
import { postgres } from '@seaworthy/db-pool/postgres';
import { createQueryCache, type QueryCache } from '@seaworthy/db-pool/query-cache';
import { createReplicatedDb, type ReplicatedDb } from '@seaworthy/db-pool/replicas';
import { type DatabaseReport, databaseReport } from '@seaworthy/db-pool/report';
import type { Health } from '@seaworthy/health';
import { nestShutdown } from '@seaworthy/health/nest';
import { type RolloutReport, simulateRollout } from '@seaworthy/health/testing';
import { type AuditVerdict, createAuditLog, verifyAudit } from '@seaworthy/logging/audit';
import { initSentry, type Sentry } from '@seaworthy/logging/sentry';
import { initSentry as initInPage } from '@seaworthy/logging/sentry-browser';
import { elasticsearch, type Shipping, shipping } from '@seaworthy/logging/shipping';
import { createSecurity } from '@seaworthy/security';
import { type CompressionMiddleware, compressed } from '@seaworthy/security/compression';
import { type FetchHandler, secure as fetchSecure } from '@seaworthy/security/fetch';
import { type InputResult, inputCheck, type StandardSchema } from '@seaworthy/security/input';
import { createJwt, type JwtResult, jwtPresets } from '@seaworthy/security/jwt';
import { createLoginGuard, createPasswords, type LoginResult } from '@seaworthy/security/login';
import { createOidc, type OidcResult } from '@seaworthy/security/oidc';
import { definePolicy } from '@seaworthy/security/roles';
import { createSessions, memorySessionStore, type Session } from '@seaworthy/security/sessions';
import {
  type CheckServerIdentity,
  pinnedIdentity,
  type ServerLimits,
  serverLimits,
} from '@seaworthy/security/transport';
import * as jose from 'jose';
import mysql2 from 'mysql2';
import * as openidClient from 'openid-client';
import pg from 'pg';

const nowhere = '127.0.0.1:1';

/** Takes what has no server to talk to, and gives the codes of the errors that say so. */
export async function useSubpaths(health: Health): Promise<readonly string[]> {
  const client: SecretsManagerClient = { getSecretValue: async () => ({ SecretString: '{"REGION":"eu"}' }) };
  const schema = defineConfig({ fields: { REGION: env.oneOf(['eu', 'us']) } });
  const region: 'eu' | 'us' = (
    await schema.loadAsync({ sources: [awsSecrets({ client, secretId: 'typescript' })] })
  ).REGION;
  const unreachable = vault({
    address: `http://${nowhere}`,
    path: 'typescript',
    auth: { method: 'token', token: 't' },
    timeout: '1s',
  });
  const refused: unknown = await schema
    .loadAsync({ sources: [unreachable] })
    .catch((error: unknown) => error);

  const db = createDb(postgres(pg), { url: `postgres://app:pw@${nowhere}/app` });
  const pool: pg.Pool = pgPool(pg, db);
  const cache: QueryCache = createQueryCache(db);
  const cached: Promise<{ one: number } | undefined> = cache.maybeOne<{ one: number }>(sql`select 1 as one`);
  const report: Promise<DatabaseReport> = databaseReport(db);
  const other = createDb(mysql(mysql2), { url: `mysql://app:pw@${nowhere}/app` });
  const promises = mysqlPool(mysql2, other).promise();
  const ends = await Promise.allSettled([pool.query('select 1'), cached, report, promises.query('select 1')]);
  await cache.close();
  await pool.end();
  await promises.end();
  await Promise.all([db.close(), other.close()]);

  const replicated: ReplicatedDb = createReplicatedDb(postgres(pg), {
    url: `postgres://app:pw@${nowhere}/app`,
    replicas: [`postgres://app:pw@${nowhere}/app`],
  });
  await replicated.close();

  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const audit = await createAuditLog({ folder: 'typescript-audit', key: privateKey, environment: 'test' });
  await audit.record({ action: 'note.add', actor: null, outcome: 'denied' });
  await audit.close();
  const verdict: AuditVerdict = await verifyAudit('typescript-audit', { publicKeys: [publicKey] });

  const about = { dsn: undefined, environment: 'test', release: 'typescript@1' };
  const sentry: Sentry = await initSentry(() => Promise.reject(new Error('not without a DSN')), about);
  const transport = { send: async () => ({}), flush: async () => true };
  initInPage({ init: () => undefined, makeFetchTransport: () => transport }, about);
  await sentry.close();

  const bulk = async () => ({ items: [{ create: { status: 201 } }] });
  const shipped: Shipping = shipping('typescript-spool', elasticsearch({ bulk }, { index: 'logs' }));
  const { state } = shipped.stats();

  const passwords = createPasswords({ argon2: false });
  const logins = createLoginGuard();
  const result: LoginResult<{ readonly id: number }> = await logins.attempt(
    { account: 'ada', client: { ip: '203.0.113.9', key: '203.0.113.9', secure: true, viaProxy: false } },
    async () => ((await passwords.verify('wrong', undefined)).valid ? { id: 7 } : undefined),
  );
  await logins.close();

  const sessions = createSessions<{ readonly theme: string }>({
    store: memorySessionStore(),
    keys: ['a-session-key-of-at-least-32-characters'],
    environment: 'test',
  });
  const sink = { open: true, set: (_line: string): void => undefined };
  const session: Session<{ readonly theme: string }> = await sessions.open({}, undefined, sink);
  await session.login('ada', { data: { theme: 'dark' } });
  // @ts-expect-error: the data has a type
  const wrong = (): Promise<void> => session.update(() => ({ theme: 7 }));
  const theme: string | undefined = session.data.theme;

  const keys = [{ kid: 'k1', secret: 'a-jwt-secret-of-at-least-32-characters' }];
  const tokens = createJwt({ jose, ...jwtPresets.kpi, keys, issuer: 'shop', audience: 'shop-api' });
  const verified: JwtResult = await tokens.verify((await tokens.sign('ada')).token);

  const oidc = createOidc({
    client: openidClient,
    issuer: `https://${nowhere}`,
    clientId: 'shop',
    redirectUri: 'https://shop.example/callback',
  });
  const login: OidcResult = await oidc.finish(session, '/callback?code=x&state=0123456789abcdef');

  const policy = definePolicy({
    actions: ['note.read', 'note.write'],
    roles: { reader: { may: ['note.read'] }, writer: { like: ['reader'], mayIf: { 'note.write': 'own' } } },
    conditions: {
      own: (user: { readonly role: string }, note: { readonly by: string }) => note.by === user.role,
    },
  });
  // @ts-expect-error: an action that there is not
  const unknown = (): boolean => policy.can({ role: 'reader' }, 'note.burn');
  const may: boolean = policy.can({ role: 'writer' }, 'note.write', { by: 'writer' });

  const text: StandardSchema<unknown, string> = {
    '~standard': { version: 1, vendor: 'typescript', validate: (value) => ({ value: String(value) }) },
  };
  const nothing = { query: {}, params: {}, headers: {} };
  const input: InputResult<{ body: typeof text }> = await inputCheck({ body: text })({ body: 7, ...nothing });
  const body: string = input.ok ? input.value.body : input.refusal.code;
  const compress: CompressionMiddleware = compressed();
  const limits: ServerLimits = serverLimits();
  const pins = ['A', 'B'].map((letter) => `sha256/${letter.repeat(42)}A=`);
  const identity: CheckServerIdentity = pinnedIdentity({ pins });
  const web: FetchHandler<[]> = fetchSecure(createSecurity(), () => new Response('ok'), {
    peer: () => '203.0.113.9',
    onError: () => undefined,
  });

  const { useValue } = nestShutdown(health);
  await useValue.onModuleDestroy();
  // @ts-expect-error: the script of the service comes first
  const rollout = (): Promise<RolloutReport> => simulateRollout({ clients: 4 });
  const scan = (): Promise<BundleReport> => scanBundle({ folder: 'dist', values: { KEY: 'value-of-it' } });
  return [
    region,
    ConfigError.is(refused) ? refused.code : 'no ConfigError',
    ...ends.map(({ status }) => status),
    String(verdict.ok),
    state,
    String(sentry.enabled),
    result.kind,
    body,
    typeof compress,
    String(limits.keepAliveTimeout > 60_000),
    typeof identity,
    String((await web(new Request('https://shop.example/'))).status),
    `${session.user} ${theme} ${typeof wrong}`,
    `${may} ${typeof unknown}`,
    login.kind === 'ok' ? login.subject : login.reason,
    verified.valid ? verified.subject : verified.reason,
    typeof rollout,
    typeof scan,
  ];
}
