import { describeHttpContract, type Mount, type Route, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { auditRequests as expressAudit, requestLog as expressLog } from '../src/adapters/express.js';
import { auditRequests as fastifyAudit, requestLog as fastifyLog } from '../src/adapters/fastify.js';
import { auditRequests as nodeAudit, requestLog as nodeLog } from '../src/adapters/node.js';
import { eventWriter } from '../src/audit/audit-event.js';
import type { AuditEvent } from '../src/audit/index.js';
import { createRedactor } from '../src/index.js';
import { testLogger } from './support/memory-sink.js';

/** Something that is recorded to as to a real log, without its files. */
function recorder() {
  const events: AuditEvent[] = [];
  const write = eventWriter(createRedactor());
  return {
    events,
    record: async (event: AuditEvent): Promise<void> => {
      write(event);
      events.push(event);
    },
  };
}

function mount(audit: ReturnType<typeof recorder>): Mount {
  const { log } = testLogger();
  const options = {
    actor: () => 'u1',
    onError: (error: unknown) => {
      throw error;
    },
  };
  const own: AuditEvent = { actor: 'u2', action: 'order.create', outcome: 'success', changes: { id: 1 } };
  const routes: readonly Route[] = [
    { method: 'POST', path: '/plain/:id', handle: () => ({ body: 'ok' }) },
    {
      method: 'PUT',
      path: '/recorded',
      handle: async () => {
        await audit.record(own);
        return { body: 'ok' };
      },
    },
    {
      method: 'DELETE',
      path: '/rolled-back',
      handle: async () => {
        await audit.record(own);
        return { status: 500, body: 'no' };
      },
    },
    { method: 'PATCH', path: '/denied', handle: () => ({ status: 403, body: 'no' }) },
    { method: 'GET', path: '/read', handle: () => ({ body: 'ok' }) },
  ];
  return {
    node: (app) => {
      app.use(nodeLog(log));
      app.use(nodeAudit(audit.record, options));
    },
    express: (app) => {
      app.use(expressLog(log));
      app.use(expressAudit(audit.record, options));
    },
    fastify: (app) => {
      app.register(fastifyLog(log));
      app.register(fastifyAudit(audit.record, options));
    },
    routes,
  };
}

describeHttpContract('requests that change something', (host) => {
  const template = host.name === 'node:http' ? '/plain/7' : '/plain/:id';

  test.each([
    ['POST', '/plain/7?token=x', [{ actor: 'u1', action: `POST ${template}`, outcome: 'success' }]],
    ['PUT', '/recorded', [{ actor: 'u2', action: 'order.create', outcome: 'success' }]],
    ['PATCH', '/denied', [{ actor: 'u1', outcome: 'denied' }]],
    ['POST', '/nowhere', [{ actor: 'u1', outcome: 'failure', details: { statusCode: 404 } }]],
    // The first went with its transaction.
    [
      'DELETE',
      '/rolled-back',
      [{ outcome: 'success' }, { outcome: 'failure', details: { statusCode: 500 } }],
    ],
  ])('%s %s has exactly one audit record that counts', async (method, path, expected) => {
    const audit = recorder();
    await using service = await host.serve(mount(audit));
    await fetch(`${service.url}${path}`, { method });
    await fetch(`${service.url}/read`);
    await waitFor(() => audit.events.length >= expected.length, { what: 'the record' });
    expect(audit.events).toMatchObject(expected);
    expect(audit.events).toHaveLength(expected.length);
  });
});

test('options are checked, and a place without a request log is refused', () => {
  const { record } = recorder();
  // @ts-expect-error a misspelt option
  expect(() => nodeAudit(record, { actr: () => null, onError: () => undefined })).toThrow(
    /Did you mean "actor"/,
  );
  // @ts-expect-error no function
  expect(() => nodeAudit(record, { actor: 'u1', onError: () => undefined })).toThrow(/"actor"/);
});
