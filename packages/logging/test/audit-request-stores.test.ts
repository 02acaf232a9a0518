import { createServer } from 'node:http';
import { describeWith, waitFor } from '@seaworthy/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { auditRequests, requestLog } from '../src/adapters/node.js';
import { type AuditEvent, createSqlAudit } from '../src/audit/index.js';
import { bodies, open, privateKey } from './support/audit-log.js';
import { testLogger } from './support/memory-sink.js';
import { testSql } from './support/sql-executors.js';
import { tempFolder } from './support/temp-folder.js';

const own: AuditEvent = { actor: 'u2', action: 'order.create', outcome: 'success' };
const conflict = async (): Promise<never> => {
  throw new Error('duplicate key');
};

interface Service {
  readonly record: (event: AuditEvent) => Promise<unknown>;
  /** Answers 200, or 409 when it rejects. */
  readonly handle: (path: string) => Promise<unknown>;
}

/** A service; what it gives posts to a path. */
async function serve({ record, handle }: Service): Promise<(path: string) => Promise<unknown>> {
  const logged = requestLog(testLogger().log);
  const audited = auditRequests(record, { actor: () => 'u1', onError: () => undefined });
  const server = createServer((request, response) =>
    logged(request, response, () =>
      audited(request, response, async () => {
        response.statusCode = await handle(request.url ?? '/').then(
          () => 200,
          () => 409,
        );
        response.end();
      }),
    ),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return (path) =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: { connection: 'close' } });
}

const told = (records: readonly Readonly<Record<string, unknown>>[]): string[] =>
  records.map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`);

test('records in files count when they are on the disk, and a success does not when the answer is a failure', async () => {
  const folder = tempFolder();
  await using audit = await open(folder);
  const refusing = await open(tempFolder());
  await refusing.close();
  const post = await serve({
    record: audit.record,
    handle: async (path) => {
      if (path === '/refused') return refusing.record(own).catch(() => undefined);
      await audit.record(own);
      return path === '/conflict' ? conflict() : undefined;
    },
  });
  const expected = [
    ['/kept', ['u2 order.create success']],
    ['/refused', ['u1 POST /refused success']],
    ['/conflict', ['u2 order.create success', 'u1 POST /conflict failure']],
  ] as const;
  let all: string[] = [];
  for (const [path, records] of expected) {
    all = [...all, ...records];
    await post(path);
    const events = () => bodies(folder).filter(({ type }) => type === 'event');
    await waitFor(() => events().length >= all.length, { what: 'the records' });
    expect(told(events())).toEqual(all);
  }
});

describeWith(['postgres'], 'records in SQL', () => {
  test('do not count when their transaction was rolled back', async () => {
    const sql = await testSql('postgres');
    onTestFinished(() => sql.close());
    const audit = createSqlAudit({ key: privateKey, environment: 'test' });
    for (const statement of audit.schema('postgres')) {
      await sql.executor.execute({ strings: [statement], values: [] });
    }
    const post = await serve({
      record: (event) => sql.transaction((tx) => audit.record(tx, event)),
      handle: (path) =>
        sql.transaction(async (tx) => {
          await audit.record(tx, own);
          if (path === '/conflict') await conflict();
        }),
    });
    const records = async () => {
      const { rows } = await sql.executor.execute<Record<string, unknown>>({
        strings: ["select body from audit_log where kind = 'event' order by seq"],
        values: [],
      });
      return rows.map(({ body }) => JSON.parse(String(body)));
    };
    for (const path of ['/kept', '/conflict']) await post(path);
    await waitFor(async () => (await records()).length >= 2, { what: 'the records' });
    expect(told(await records())).toEqual(['u2 order.create success', 'u1 POST /conflict failure']);
  });
});
