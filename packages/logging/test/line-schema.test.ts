import { createFakeClock } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import winston from 'winston';
import { withContext } from '../src/index.js';
import { runInContext } from '../src/log-context.js';
import { testLogger } from './support/memory-sink.js';

const clock = createFakeClock({ now: Date.parse('2026-03-04T05:06:07.089Z') });
const trace = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  flags: '01',
  state: undefined,
};
const context = {
  fields: { requestId: 'r1', trace_id: trace.traceId, span_id: trace.spanId },
  trace,
};

describe('the schema otel', () => {
  test('is the OpenTelemetry log data model, with the trace beside the data', () => {
    const { log, texts } = testLogger({ schema: 'otel', clock, fields: { version: 2 } });
    runInContext(context, () => log.warn('Slow', { ms: 12 }));
    expect(texts[0]).toBe(
      '{"timestamp":"2026-03-04T05:06:07.089Z","severity_text":"warn","severity_number":13,"body":"Slow",' +
        '"resource":{"service.name":"shop","deployment.environment.name":"test"},' +
        '"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","trace_flags":"01",' +
        '"attributes":{"ms":12,"version":2,"requestId":"r1"}}\n',
    );
  });

  test('holds errors as the semantic conventions name them, and nothing else as attributes', () => {
    const { log, lines } = testLogger({ schema: 'otel' });
    const error = new TypeError('no', { cause: new Error('why') });
    log.error('Failed', error);
    log.info('plain');
    expect(lines()[0]?.attributes).toMatchObject({
      'exception.type': 'TypeError',
      'exception.message': 'no',
      'exception.stacktrace': error.stack,
      'exception.details': { cause: { message: 'why' } },
    });
    expect(lines()[1]?.attributes).toEqual({});
  });

  test('cannot be forged: data are attributes, whatever they are called', () => {
    const { log, last } = testLogger({ schema: 'otel' });
    log.info('real', {
      severity_number: 21,
      body: 'forged',
      trace_id: 'forged',
      attributes: 1,
      resource: {},
    });
    expect(last()).toMatchObject({ severity_number: 9, body: 'real', resource: { 'service.name': 'shop' } });
    expect(last()).not.toHaveProperty('trace_id');
    expect(last().attributes).toMatchObject({ severity_number: 21, body: 'forged' });
  });
});

describe('the schema ecs', () => {
  test('is what Elastic’s logging libraries write', () => {
    const { log, texts } = testLogger({ schema: 'ecs', clock });
    runInContext(context, () => log.error('Failed', { orderId: 7 }));
    expect(texts[0]).toBe(
      '{"@timestamp":"2026-03-04T05:06:07.089Z","log.level":"error","message":"Failed","ecs.version":"8.10.0",' +
        '"service.name":"shop","service.environment":"test","orderId":7,"http.request.id":"r1",' +
        '"trace.id":"4bf92f3577b34da6a3ce929d0e0e4736","span.id":"00f067aa0ba902b7"}\n',
    );
  });

  test('cannot be forged by a dotted name or an object, which Elastic takes for the same', () => {
    const { log, last } = testLogger({ schema: 'ecs' });
    log.info('real', {
      'log.level': 'fatal',
      log: { level: 'fatal' },
      service: { name: 'x' },
      'trace.id': '1',
      '@timestamp': 'x',
    });
    expect(last()).toMatchObject({
      'log.level': 'info',
      'log_.level': 'fatal',
      log_: { level: 'fatal' },
      service_: { name: 'x' },
      'trace_.id': '1',
      '@timestamp_': 'x',
      'service.name': 'shop',
    });
  });

  test('has errors under error.*', () => {
    const { log, last } = testLogger({ schema: 'ecs' });
    const error = new RangeError('no');
    log.error('Failed', error, { error: 'mine' });
    expect(last()).toMatchObject({
      'error.type': 'RangeError',
      'error.message': 'no',
      'error.stack_trace': error.stack,
      error_: 'mine',
    });
  });
});

describe.each(['winston', 'otel', 'ecs'] as const)('in schema %s', (schema) => {
  test('winston transports get level and message as winston knows them', async () => {
    const { log } = testLogger({ schema });
    const seen: winston.Logform.TransformableInfo[] = [];
    const transport = new winston.transports.Stream({ stream: process.stdout });
    transport.log = (info, next) => {
      seen.push(info);
      next();
    };
    log.add(transport);
    log.warn('Careful', { a: 1 });
    await log.flush();
    expect(seen[0]).toMatchObject({ level: 'warn', message: 'Careful' });
  });

  test('no name stands twice, whatever the context, the child and the call are called', () => {
    const { log, texts } = testLogger({ schema });
    const names = [
      'timestamp',
      'level',
      'message',
      'service',
      'error',
      'stack',
      'trace_id',
      'requestId',
      'data',
      'args',
      'body',
      'log',
    ];
    const fields = Object.fromEntries(names.map((name) => [name, 'mine']));
    withContext(fields, () => log.child(fields).error('real', new Error('x'), fields, 1));
    // A name that stands twice is parsed once, and comes out shorter.
    expect(`${JSON.stringify(JSON.parse(texts[0] ?? ''))}\n`).toBe(texts[0]);
  });
});
