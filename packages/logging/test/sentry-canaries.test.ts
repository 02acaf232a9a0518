import * as SentryNode from '@sentry/node';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withContext } from '../src/index.js';
import { initSentry } from '../src/sentry/index.js';
import { canaryCorpus } from './support/canary-corpus.js';
import { fakeIngest } from './support/fake-ingest.js';

/** Each of the corpus is sent in five ways and waited for, on a machine that does other things too. */
vi.setConfig({ testTimeout: 300_000 });

test('[row 85] of more than a hundred canaries none reaches a Sentry ingest, in whatever it is sent', async () => {
  const ingest = await fakeIngest();
  const { canaries, calls } = canaryCorpus();
  expect(canaries.length).toBeGreaterThan(100);
  const sentry = await initSentry(SentryNode, {
    dsn: ingest.dsn,
    environment: 'test',
    release: 'shop@1',
    process: false,
    flushTimeout: '20s',
    further: {
      normalizeDepth: 10, // three levels by default; here everything is to get as far as the redactor
      // The ingest is a server of this very process: traced, each request to it would make another one.
      tracesSampler: ({ attributes }: { attributes?: Record<string, unknown> }) =>
        attributes?.['sentry.op'] === 'http.server' ? 0 : 1,
    },
  });
  onTestFinished(() => sentry.close());

  for (const [message, ...rest] of calls) {
    const data = { message, rest };
    const error = rest.find((part) => part instanceof Error);
    SentryNode.withIsolationScope((scope) => {
      scope.setExtra('data', data).setContext('data', data).setTag('note', String(message));
      SentryNode.addBreadcrumb({ message: String(message), data });
      SentryNode.logger.info(String(message), flat(data));
      SentryNode.metrics.count('calls', 1, { attributes: flat(data) });
      SentryNode.startSpan({ name: String(message), attributes: flat(data) }, () => {
        withContext({ data }, () => sentry.captureException(error ?? new Error(String(message))));
      });
    });
    expect(await sentry.flush()).toBe(true);
  }

  for (const type of ['event', 'log', 'span', 'trace_metric']) {
    expect(ingest.of(type).length, type).toBeGreaterThan(100); // Sentry leaves out an error that equals the last one
  }
  const sent = ingest.texts.join('\n');
  expect(sent.length).toBeGreaterThan(100_000);
  expect(canaries.filter((canary) => sent.includes(canary))).toEqual([]);
});

/** Attributes are plain values: what stands at the top by its own name, and what is nested as JSON. */
function flat({
  message,
  rest,
}: {
  readonly message: unknown;
  readonly rest: readonly unknown[];
}): Record<string, string> {
  const attributes: Record<string, string> = message === 'deep' ? { nested: JSON.stringify(rest) } : {};
  for (const [name, value] of Object.entries(Object(rest[0]))) {
    if (typeof value === 'string') attributes[name] = value;
  }
  return attributes;
}
