import { OptionsError, Secret } from '@seaworthy/contracts';
import { describe, expect, test, vi } from 'vitest';
import { initSentry, type SentryOptions, type SentrySdk } from '../src/sentry/index.js';

const base = { dsn: 'https://public@ingest.example.test/1', environment: 'production', release: 'shop@1' };

/** The calls that Sentry gets; nothing is sent. */
function recordedSdk() {
  const inits: Record<string, unknown>[] = [];
  const sdk: SentrySdk = {
    init: (options) => void inits.push(options),
    makeNodeTransport: vi.fn(),
    captureException: () => 'id',
    getIsolationScope: () => ({ setTransactionName: () => undefined }),
    flush: async () => true,
    close: async () => true,
  };
  return { sdk, inits };
}

async function initWith(options: Partial<SentryOptions>): Promise<Record<string, unknown>> {
  const { sdk, inits } = recordedSdk();
  await initSentry(sdk, { ...base, process: false, ...options });
  return inits[0] ?? {};
}

test.each([
  ['production', 0.1],
  ['staging', 1],
  ['development', 1],
])('in %s the part of traces that is sent is %d', async (environment, tracesSampleRate) => {
  expect(await initWith({ environment })).toMatchObject({ environment, release: 'shop@1', tracesSampleRate });
});

test('a rate of its own is taken, and a DSN that is a secret', async () => {
  const dsn = new Secret('SENTRY_DSN', base.dsn);
  expect(await initWith({ dsn, tracesSampleRate: 0 })).toMatchObject({ dsn: base.dsn, tracesSampleRate: 0 });
});

test('further options reach Sentry, and cannot take away what the call promises', async () => {
  const beforeSend = (): null => null;
  const given = await initWith({
    further: {
      beforeSend,
      environment: 'other',
      release: 'other',
      transport: 'other',
      dataCollection: { userInfo: true },
    },
  });
  expect(given).toMatchObject({
    beforeSend,
    environment: 'production',
    release: 'shop@1',
    dataCollection: { userInfo: true },
  });
  expect(given.transport).toBeTypeOf('function');
});

test('no integration of Sentry handles crashes, and own ones are added', async () => {
  const { integrations } = await initWith({ further: { integrations: [{ name: 'Own' }] } });
  const defaults = [{ name: 'Http' }, { name: 'OnUncaughtException' }, { name: 'OnUnhandledRejection' }];
  const chosen: unknown = typeof integrations === 'function' ? integrations(defaults) : [];
  expect(chosen).toMatchObject([{ name: 'Http' }, { name: 'SeaworthyLogContext' }, { name: 'Own' }]);
});

describe('initSentry refuses', () => {
  test.each([
    ['an unknown option', { traceSampleRate: 1 }, /Did you mean "tracesSampleRate"/],
    ['a release without a name', { release: '' }, /"release"/],
    ['an environment without a name', { environment: '' }, /"environment"/],
    ['a rate above 1', { tracesSampleRate: 10 }, /"tracesSampleRate"/],
    ['a rate that is no number', { tracesSampleRate: Number.NaN }, /"tracesSampleRate"/],
    ['integrations as a function', { further: { integrations: () => [] } }, /"further.integrations"/],
  ])('%s', async (_what, options, message) => {
    const refused = await initWith(options as Partial<SentryOptions>).catch((error: unknown) => error);
    expect(OptionsError.is(refused)).toBe(true);
    expect(String(refused)).toMatch(message);
  });
});

test('without a DSN the handlers hand errors on and Sentry is not loaded', async () => {
  const load = vi.fn();
  const sentry = await initSentry(load, { ...base, dsn: undefined });
  const next = vi.fn();
  const error = new Error('boom');
  sentry.expressErrorHandler()(error, Object(null), Object(null), next);
  sentry.captureException(error);
  expect(next).toHaveBeenCalledWith(error);
  expect([sentry.enabled, await sentry.flush()]).toEqual([false, true]);
  await sentry.close();
  expect(load).not.toHaveBeenCalled();
});

test('an answer that is none of node:http is not waited for: its error is handed on, and sent unless it is a 4xx', async () => {
  const { sdk } = recordedSdk();
  const captureException = vi.fn(() => 'id');
  const sentry = await initSentry({ ...sdk, captureException }, { ...base, process: false });
  const next = vi.fn();
  const errors = [new Error('boom'), Object.assign(new Error('no'), { status: 404 })];
  for (const error of errors) sentry.expressErrorHandler()(error, Object({}), Object({}), next);
  expect(next.mock.calls).toEqual(errors.map((error) => [error]));
  expect(captureException.mock.calls.map(([error]: unknown[]) => error)).toEqual([errors[0]]);
});

test('a second close joins the first', async () => {
  const { sdk } = recordedSdk();
  const sentry = await initSentry(sdk, { ...base, process: false });
  expect(sentry.close()).toBe(sentry.close());
  await sentry.close();
});

test('captureException throws nothing, also for an error that cannot be read', async () => {
  const sentry = await initSentry(() => import('@sentry/node'), {
    ...base,
    dsn: 'http://public@127.0.0.1:1/1',
    process: false,
    flushTimeout: '10ms',
  });
  const refuse = (): never => {
    throw new Error('not to be read');
  };
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const unreadable = [
    Object.defineProperty(new Error('an error'), 'message', { get: refuse }),
    new Proxy({}, { get: refuse, getPrototypeOf: refuse, has: refuse, ownKeys: refuse }),
    revoked.proxy,
    Object.freeze(new Error('frozen')),
    undefined,
  ];
  for (const error of unreadable) expect(() => sentry.captureException(error)).not.toThrow();
  await sentry.close();
});
