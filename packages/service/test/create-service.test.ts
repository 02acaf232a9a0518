import { createServer } from 'node:http';
import { defineConfig, env, type RemoteSource, sources } from '@seaworthy/config';
import { type Closable, DeadlineError } from '@seaworthy/contracts';
import { local } from '@seaworthy/health';
import { healthEndpoints } from '@seaworthy/health/express';
import type { SinkDefinition } from '@seaworthy/logging';
import { secure } from '@seaworthy/security/express';
import { freePort, waitFor } from '@seaworthy/testkit';
import express from 'express';
import Fastify from 'fastify';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { createService, type HttpApp, type ServiceBuilder, ServiceError } from '../src/index.js';

const schema = defineConfig({ fields: { PORT: env.port().default(3000), NAME: env.string().default('x') } });

/** A service that writes nothing and leaves the signals to the test. */
function quietService(
  variables: Readonly<Record<string, string>> = {},
  sinks: readonly SinkDefinition[] = [],
) {
  return createService({
    name: 'orders',
    version: '1.2.3',
    config: schema,
    sources: { env: { NODE_ENV: 'test', ...variables } },
    logging: () => ({ sinks }),
    signals: false,
  });
}

/** A resource that writes down what happens to it. */
function recorded(name: string, log: string[]): Closable {
  log.push(`open ${name}`);
  const close = async (): Promise<void> => {
    log.push(`close ${name}`);
  };
  return { close, [Symbol.asyncDispose]: close };
}

/** A resource whose close() never ends. */
function hanging(log: string[]): Closable {
  const close = (): Promise<void> => {
    log.push('closing stuck');
    return new Promise(() => undefined);
  };
  return { close, [Symbol.asyncDispose]: close };
}

function memorySink(lines: string[], flush: () => Promise<void> = async () => undefined): SinkDefinition {
  const nothing = (): void => undefined;
  const stats = () => ({ name: 'm', written: 0, dropped: 0, buffered: 0, bytes: 0, lastError: undefined });
  const write = (line: string): void => void lines.push(line);
  return {
    name: 'm',
    open: () => ({ write, flush, flushSync: nothing, reopen: nothing, close: nothing, stats }),
  };
}

async function failureOf(start: Promise<unknown>): Promise<ServiceError> {
  const error: unknown = await start.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!ServiceError.is(error)) throw new Error(`not a ServiceError: ${String(error)}`);
  return error;
}

describe('createService', () => {
  it('does nothing before it is started', () => {
    const log: string[] = [];
    quietService({ PORT: 'not a port' }).resource('db', () => recorded('db', log));
    expect(log).toEqual([]);
  });

  it('takes the steps in the order in which they are written and closes them in reverse', async () => {
    const log: string[] = [];
    const service = await quietService()
      .resource('db', () => recorded('db', log))
      .resource('cache', ({ db }) => {
        expect(db).toBeDefined();
        return recorded('cache', log);
      })
      .startup('migrations', async () => {
        await Promise.resolve();
        log.push('migrations');
      })
      .resource('queue', () => recorded('queue', log))
      .start();
    await service.close();
    await service.close();
    expect(log).toEqual([
      'open db',
      'open cache',
      'migrations',
      'open queue',
      'close queue',
      'close cache',
      'close db',
    ]);
  });

  it('gives every step what the ones before it made, typed', async () => {
    const service = await quietService({ PORT: '4000' })
      .resource('db', () => ({ ...recorded('db', []), answer: 42 }))
      .startup('look', ({ db, config, environment, version }) => {
        expectTypeOf(db.answer).toEqualTypeOf<number>();
        expectTypeOf(config.PORT).toEqualTypeOf<number>();
        expect([db.answer, config.PORT, environment, version]).toEqual([42, 4000, 'test', '1.2.3']);
      })
      .start();
    expect(service.context.db.answer).toBe(42);
    await service.close();
  });

  it('serves an Express application behind health and security, and drains it', async () => {
    const service = await quietService()
      .health(() => ({ checks: { self: local(async () => undefined) }, live: ['self'] }))
      .security(() => ({ headers: { profile: 'api' } }))
      .http(
        ({ health, security }) => {
          const app = express();
          app.use(secure(security));
          app.use(healthEndpoints(health));
          app.get('/hello', (_req, res) => void res.json({ hello: 'world' }));
          return app;
        },
        () => ({ port: 0 }),
      )
      .start();
    const hello = await fetch(`${service.url}/hello`);
    expect(await hello.json()).toEqual({ hello: 'world' });
    expect(hello.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await fetch(`${service.url}/livez`)).status).toBe(200);
    const { port } = new URL(service.url ?? '');
    await service.close();
    await expect(fetch(`http://127.0.0.1:${port}/hello`)).rejects.toThrow('fetch failed');
  });

  it('serves a Fastify application and runs its own closing hooks', async () => {
    const log: string[] = [];
    const service = await quietService()
      .resource('db', () => recorded('db', log))
      .http(
        () => {
          const app = Fastify();
          app.get('/hello', async () => ({ hello: 'world' }));
          app.addHook('onClose', async () => void log.push('close fastify'));
          return app;
        },
        () => ({ port: 0 }),
      )
      .start();
    expect(await (await fetch(`${service.url}/hello`)).json()).toEqual({ hello: 'world' });
    await service.close();
    expect(log).toEqual(['open db', 'close fastify', 'close db']);
  });

  it('serves a plain server of Node', async () => {
    const service = await quietService()
      .http(
        () => createServer((_req, res) => res.end('plain')),
        () => ({ port: 0, host: '::1' }),
      )
      .start();
    expect(service.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(await (await fetch(service.url ?? '')).text()).toBe('plain');
    await service.close();
  });

  it('closes what was opened, last first, when a step fails, and names the step', async () => {
    const log: string[] = [];
    const failure = await failureOf(
      quietService()
        .resource('db', () => recorded('db', log))
        .resource('cache', () => recorded('cache', log))
        .startup('migrations', () => {
          throw new Error('canary: postgres://user:secret@host');
        })
        .start(),
    );
    expect(failure.code).toBe('SERVICE_STEP_FAILED');
    expect(failure.message).toBe(
      'The service could not start, startup "migrations" failed. The cause says why.',
    );
    expect(failure.message).not.toContain('canary');
    expect(log).toEqual(['open db', 'open cache', 'close cache', 'close db']);
  });

  it('closes a resource whose first moment fails', async () => {
    const log: string[] = [];
    const failure = await failureOf(
      quietService()
        .resource('db', () => ({
          ...recorded('db', log),
          ready: () => Promise.reject(new ServiceError('The database refused us.', { code: 'X' })),
        }))
        .start(),
    );
    expect(failure.message).toBe('The database refused us.');
    expect(log).toEqual(['open db', 'close db']);
  });

  it('gives up on a step at its deadline and closes what opens too late', async () => {
    const log: string[] = [];
    let openLate: () => void = () => undefined;
    const late = new Promise<Closable>((resolve) => {
      openLate = () => resolve(recorded('late', log));
    });
    const failure = await failureOf(
      quietService()
        .resource('late', () => late, { timeout: '20ms' })
        .start(),
    );
    expect(failure.code).toBe('SERVICE_STEP_TIMEOUT');
    expect(failure.message).toContain('opening resource "late" took longer than 20 ms');
    openLate();
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(['open late', 'close late']);
  });

  it('says what a step must give, when it gives something else', async () => {
    const wrong = (value: unknown) => (): never => value as never;
    for (const value of [undefined, null, 7, {}]) {
      const resource = await failureOf(quietService().resource('db', wrong(value)).start());
      expect(resource.message).toMatch(/resource "db".* close\(\)/);
      const app = await failureOf(
        quietService()
          .http(wrong(value), () => ({ port: 0 }))
          .start(),
      );
      expect(app.message).toMatch(/http.*Express.*Fastify.*server/);
    }
  });

  it('names the step whose own deadlines have passed, and does not blame its timeout', async () => {
    const failure = await failureOf(
      quietService()
        .resource('db', () => {
          throw new DeadlineError('The pool had no connection in 3 s.', { code: 'DB_ACQUIRE_TIMEOUT' });
        })
        .start(),
    );
    expect(failure.code).toBe('SERVICE_STEP_FAILED');
    expect(failure.message).toContain('resource "db" failed: The pool had no connection in 3 s.');
  });

  it('gives up on building the application at its deadline and closes what is built too late', async () => {
    const log: string[] = [];
    let buildLate: () => void = () => undefined;
    const late = new Promise<HttpApp>((resolve) => {
      buildLate = () => resolve(Fastify().addHook('onClose', async () => void log.push('close fastify')));
    });
    const failure = await failureOf(
      quietService()
        .resource('db', () => recorded('db', log))
        .http(
          () => late,
          () => ({ port: 0 }),
          { timeout: '20ms' },
        )
        .start(),
    );
    expect(failure.code).toBe('SERVICE_STEP_TIMEOUT');
    expect(failure.message).toContain('building http took longer than 20 ms');
    buildLate();
    await waitFor(() => log.length === 3, { what: 'the late application to close' });
    expect(log).toEqual(['open db', 'close db', 'close fastify']);
  });

  it('gives up on opening the port at its deadline and closes a port that opens too late', async () => {
    const server = createServer();
    let openLate: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      openLate = resolve;
    });
    let closed = 0;
    const slow = {
      server,
      async listen(options: { readonly port: number; readonly host: string }) {
        await gate;
        await new Promise<void>((resolve) => server.listen(options, resolve));
        return 'late';
      },
      async close() {
        if (server.listening) closed += 1;
        server.close();
      },
    };
    const failure = await failureOf(
      quietService()
        .http(
          () => slow,
          () => ({ port: 0 }),
          { timeout: 20 },
        )
        .start(),
    );
    expect(failure.code).toBe('SERVICE_STEP_TIMEOUT');
    expect(failure.message).toContain('opening the port of http took longer than 20 ms');
    openLate();
    await waitFor(() => closed === 1, { what: 'the late port to close' });
    expect(server.listening).toBe(false);
  });

  it('offers nothing but start and run after the application', () => {
    const finished = quietService().http(
      () => (_req, res) => void res.end(),
      () => ({ port: 0 }),
    );
    expectTypeOf<keyof typeof finished>().toEqualTypeOf<'start' | 'run'>();
    expect(finished.start).toBeTypeOf('function');
  });

  it('says which port is taken', async () => {
    const occupant = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => occupant.listen(port, '127.0.0.1', resolve));
    const log: string[] = [];
    const failure = await failureOf(
      quietService()
        .resource('db', () => recorded('db', log))
        .http(
          () => (_req, res) => res.end(),
          () => ({ port }),
        )
        .start(),
    );
    occupant.close();
    expect(failure.code).toBe('SERVICE_PORT_TAKEN');
    expect(failure.message).toContain(`Port ${port} on 127.0.0.1 is taken.`);
    expect(log).toEqual(['open db', 'close db']);
  });

  it('refuses a step with the name of something that the service makes itself', () => {
    for (const name of ['health', 'security', 'http', 'logger']) {
      const refusal = expect.objectContaining({
        code: 'SERVICE_NAME_TAKEN',
        message: expect.stringContaining(name),
      });
      expect(() => quietService().resource(name, () => recorded(name, []))).toThrow(refusal);
      expect(() => quietService().startup(name, () => undefined)).toThrow(refusal);
    }
  });

  it('reports every configuration problem before anything opens', async () => {
    const log: string[] = [];
    const start = quietService({ PORT: 'http' })
      .resource('db', () => recorded('db', log))
      .start();
    await expect(start).rejects.toMatchObject({ name: 'ConfigError' });
    expect(log).toEqual([]);
  });

  describe('with a configuration from the other side of a network', () => {
    /** Answers with what `variables` holds at the time, as JSON over HTTP. */
    async function remoteConfig(variables: Record<string, string>): Promise<RemoteSource & AsyncDisposable> {
      const server = createServer((_request, response) => response.end(JSON.stringify(variables)));
      const port = await freePort();
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      return {
        name: 'fleet',
        async fetch(_context, signal) {
          const answer = await fetch(`http://127.0.0.1:${port}`, { signal });
          const given = (await answer.json()) as Record<string, string>;
          const origin = { source: 'fleet', at: 'the fleet server' };
          return { entries: Object.entries(given).map(([name, value]) => ({ name, value, origin })) };
        },
        async [Symbol.asyncDispose]() {
          server.closeAllConnections();
          await new Promise((resolve) => server.close(resolve));
        },
      };
    }

    it('waits for it before anything opens', async () => {
      await using remote = await remoteConfig({ NAME: 'from afar' });
      const service = await createService({
        name: 'orders',
        version: '1.2.3',
        config: schema,
        sources: {
          env: { NODE_ENV: 'test', PORT: '4000' },
          sources: [sources.env(), remote],
          timeout: '20s',
        },
        logging: () => ({ sinks: [] }),
        signals: false,
      })
        .resource('db', ({ config }) => ({ ...recorded('db', []), name: config.NAME }))
        .start();
      expect([service.context.db.name, service.context.config.PORT]).toEqual(['from afar', 4000]);
      await service.close();
    });

    it('opens nothing when it does not answer', async () => {
      const remote = await remoteConfig({});
      await remote[Symbol.asyncDispose]();
      const log: string[] = [];
      const start = createService({
        name: 'orders',
        version: '1.2.3',
        config: schema,
        sources: { env: { NODE_ENV: 'test' }, sources: [sources.env(), remote] },
        signals: false,
      })
        .resource('db', () => recorded('db', log))
        .start();
      await expect(start).rejects.toMatchObject({ name: 'ConfigError' });
      expect(log).toEqual([]);
    });

    it('takes a watched one as a resource, which follows its source until the service closes', async () => {
      const variables = { NAME: 'first' };
      await using remote = await remoteConfig(variables);
      const service = await quietService()
        .resource('live', ({ logger }) =>
          schema.watch({ env: { NODE_ENV: 'test' }, sources: [sources.env(), remote], logger }),
        )
        .start();
      const { live } = service.context;
      expect(live.current.NAME).toBe('first');
      variables.NAME = 'second';
      await live.refresh();
      expect(live.current.NAME).toBe('second');
      await service.close();
      variables.NAME = 'third';
      await live.refresh();
      expect(live.current.NAME).toBe('second');
    });
  });

  it('closes the others when one resource does not close', async () => {
    const log: string[] = [];
    const service = await quietService()
      .resource('db', () => recorded('db', log))
      .resource('broken', () => ({
        ...recorded('broken', log),
        close: () => Promise.reject(new Error('stuck')),
      }))
      .start();
    await service.close();
    expect(log).toEqual(['open db', 'open broken', 'close db']);
  });

  it('closes the others when one hangs while a failed start closes, and ends with the failure', async () => {
    const log: string[] = [];
    const failure = await failureOf(
      quietService()
        .resource('db', () => recorded('db', log))
        .resource('stuck', () => hanging(log))
        .startup('migrations', () => Promise.reject(new Error('no such table')))
        .start(),
    );
    expect(failure.code).toBe('SERVICE_STEP_FAILED');
    expect(log).toEqual(['open db', 'closing stuck', 'close db']);
  });

  it('ends a failed start although the logger does not close', async () => {
    const failure = await failureOf(
      quietService({}, [memorySink([], () => new Promise(() => undefined))])
        .startup('migrations', () => Promise.reject(new Error('no such table')))
        .start(),
    );
    expect(failure.code).toBe('SERVICE_STEP_FAILED');
  });

  it('gives every resource its turn in a shutdown when several hang, and says which did', async () => {
    const log: string[] = [];
    const lines: string[] = [];
    const service = await quietService({}, [memorySink(lines)])
      .resource('db', () => recorded('db', log))
      .resource('stuck', () => hanging(log))
      .resource('queue', () => recorded('queue', log))
      .resource('stuck-too', () => hanging(log))
      .health(() => ({ shutdown: { deadlines: { pools: '4s' } } }))
      .start();
    await service.close();
    expect(log.slice(2)).toEqual(['closing stuck', 'close queue', 'closing stuck', 'close db']);
    const told = lines.filter((line) => line.includes('A resource did not close'));
    expect(told.map((line) => JSON.parse(line).resource)).toEqual(['stuck-too', 'stuck']);
    expect(told.join('')).toContain('DEADLINE_EXCEEDED');
    expect(lines.join('')).toContain('SERVICE_CLOSE_TIMEOUT');
  });

  it('refuses two steps of one name and unknown options', () => {
    const open = () => recorded('db', []);
    const twice = quietService().resource('db', open) as unknown as ServiceBuilder<object>;
    expect(() => twice.resource('db', open)).toThrow('there is a step "db" already');
    expect(() => twice.resource('config', open)).toThrow('there is a step "config" already');
    const misspelt = { name: 'x', version: '1', config: schema, signal: false } as never;
    expect(() => createService(misspelt)).toThrow('unknown option "signal". Did you mean "signals"?');
    expect(() => twice.resource('other', open, { timout: '1s' } as never)).toThrow('Did you mean "timeout"?');
  });
});
