import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { currentContext, outboundHeaders, withContext } from '../src/index.js';
import { RequestContext, runInContext } from '../src/log-context.js';
import { testLogger } from './support/memory-sink.js';

test('a context reaches what its work awaits and starts, and no one else', async () => {
  const { log, lines } = testLogger();
  await Promise.all(
    ['a', 'b'].map((requestId) =>
      withContext({ requestId }, async () => {
        await sleep(1);
        log.info('x', { expected: requestId });
        await new Promise<void>((resolve) =>
          setTimeout(() => resolve(log.info('y', { expected: requestId }) && undefined), 1),
        );
      }),
    ),
  );
  log.info('outside');
  expect(
    lines()
      .slice(0, 4)
      .every((line) => line.requestId === line.expected),
  ).toBe(true);
  expect(lines().at(-1)).not.toHaveProperty('requestId');
});

test('a context gives back what its work returns or throws', async () => {
  expect(withContext({}, () => 7)).toBe(7);
  expect(() =>
    withContext({}, () => {
      throw new Error('boom');
    }),
  ).toThrow('boom');
});

test('contexts nest; the inner value wins, and what one reads cannot be changed', () => {
  withContext({ requestId: 'r', userId: 'u1' }, () => {
    withContext({ userId: 'u2' }, () => {
      expect(currentContext()).toEqual({ requestId: 'r', userId: 'u2' });
      expect(Object.isFrozen(currentContext())).toBe(true);
    });
    expect(currentContext()).toEqual({ requestId: 'r', userId: 'u1' });
  });
  expect(currentContext()).toBeUndefined();
});

test('a context of what cannot be read runs its work, and says in the lines what could not be read', () => {
  const { log, last } = testLogger();
  const { proxy, revoke } = Proxy.revocable<Record<string, unknown>>({}, {});
  revoke();
  const throwing = Object.defineProperty({ ...JSON.parse('{ "userId": "u", "__proto__": 1 }') }, 'broken', {
    enumerable: true,
    get: () => {
      throw new Error('not now');
    },
  });
  withContext(throwing, () => log.info('x'));
  expect(last()).toMatchObject({ userId: 'u', broken: '[unreadable]' });
  withContext({ requestId: 'r' }, () => withContext(proxy, () => log.info('x')));
  expect(last()).toMatchObject({ requestId: 'r', data: '[unreadable]' });
});

test('a context cannot forge reserved names, shows no secret, and names it shares with a child are written once', () => {
  const { log, texts, last } = testLogger();
  const child = log.child({ userId: 'child', module: 'm' });
  withContext({ level: 'forged', password: 'canary', userId: 'context' }, () =>
    child.info('x', { level: 'forged too' }),
  );
  expect(last()).toMatchObject({
    level: 'info',
    level_: 'forged',
    level__: 'forged too',
    password: '[redacted]',
    userId: 'context',
    module: 'm',
  });
  expect(texts[0]?.match(/"userId":/g)).toHaveLength(1);
});

test('two loggers in one context each write it by their own rules', () => {
  const plain = testLogger();
  const strict = testLogger({ redact: { keys: ['userId'] } });
  withContext({ userId: 'u' }, () => {
    for (const { log } of [plain, strict, plain]) log.info('x');
  });
  expect(plain.lines().map(({ userId }) => userId)).toEqual(['u', 'u']);
  expect(strict.last().userId).toBe('[redacted]');
});

test('outside of a request there are no headers to hand on, and a job’s requestId is one', () => {
  expect(outboundHeaders()).toEqual({});
  expect(withContext({ requestId: 'job-1' }, outboundHeaders)).toEqual({ 'x-request-id': 'job-1' });
});

test.each(['a\r\nx: y', 'a b', '', 'ä', 'x'.repeat(129), 7])(
  'a requestId that may not stand in a header is not handed on: %j',
  (requestId) => {
    expect(withContext({ requestId }, outboundHeaders)).toEqual({});
  },
);

test.each(['winston', 'otel', 'ecs'] as const)(
  'a request’s ids are whole in schema %s, also when their digits are a card’s, and fields around them are no part of them',
  (schema) => {
    const { log, texts, last } = testLogger({ schema });
    const trace = { traceId: '0'.repeat(31) + 1, spanId: '4111111111111111', flags: '00', state: undefined };
    runInContext(new RequestContext('r-1', trace), () => {
      log.info('x', { requestId: 'forged' });
      withContext({ userId: 'u1', note: '5555555555554444' }, () => log.info('y', { requestId: 'forged' }));
    });
    for (const text of texts) {
      expect(text.match(/"4111111111111111"/g)).toHaveLength(1);
      expect(text).not.toContain('5555555555554444');
      expect(text).toContain(`"${trace.traceId}"`);
      expect(text).toContain('"r-1"');
    }
    withContext({}, () => log.info('z', { requestId: 'own' }));
    expect(JSON.stringify(last())).toContain('"requestId":"own"');
  },
);
