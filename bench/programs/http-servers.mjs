import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTerminus } from '@godaddy/terminus';
import { createHealth, createMetrics, remote } from '@seaworthy/health';
import { measureHttp as measureExpress } from '@seaworthy/health/express';
import { measureHttp as measureFastify } from '@seaworthy/health/fastify';
import { healthEndpoints } from '@seaworthy/health/node';
import { createLogger, file } from '@seaworthy/logging';
import { requestLog } from '@seaworthy/logging/express';
import { messageClasses } from '@seaworthy/logging/message-classes';
import { secure as secureExpress } from '@seaworthy/security/express';
import { secure as secureFastify } from '@seaworthy/security/fastify';
import express from 'express';
import promBundle from 'express-prom-bundle';
import fastify from 'fastify';
import fastifyMetrics from 'fastify-metrics';
import pg from 'pg';
import { pino, stdTimeFunctions } from 'pino';
import { pinoHttp } from 'pino-http';
import { apiSecurity } from './api-security.mjs';

export function expressBare() {
  return createServer(withRoute(express()));
}

/** Whose requests are Express's from the start. */
export function expressWithClasses() {
  const app = withRoute(express());
  return createServer(messageClasses(app), app);
}

/** As the README says: the log before everything else, and a server with message classes. */
export function expressLogged() {
  const app = express();
  app.use(requestLog(loggerInto(logPath())));
  return createServer(messageClasses(app), withRoute(app));
}

/** On a server as `app.listen()` makes it. */
export function expressLoggedPlain() {
  return expressWith((path) => requestLog(loggerInto(path)));
}

/** @param {string} path */
function loggerInto(path) {
  return createLogger({ service: 'bench', environment: 'production', sinks: [file(path)], process: false });
}

export function expressPinoHttp() {
  return expressWith((path) =>
    pinoHttp({ timestamp: stdTimeFunctions.isoTime }, pino.destination({ dest: path, sync: true })),
  );
}

/** @param {(path: string) => import('express').RequestHandler} logTo */
function expressWith(logTo) {
  const app = express();
  app.use(logTo(logPath()));
  return createServer(withRoute(app));
}

/** Gone with the process. */
function logPath() {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'requests.log');
}

/**
 * The least that a request log with a context can be: `AsyncLocalStorage.run`, two headers, one listener, and a line that is ready,
 * written once a turn. Nothing is read, made or redacted.
 */
export function expressLoggedAtLeast() {
  return expressWith((path) => {
    const fd = openSync(path, 'a');
    const storage = new AsyncLocalStorage();
    const id = '3f6b2c1e-8d1a-4b6e-9c57-0a4d8f2e7b11';
    const line = `${JSON.stringify({ message: 'Request completed', requestId: id, filler: 'x'.repeat(300) })}\n`;
    let waiting = '';
    const write = () => {
      writeSync(fd, waiting);
      waiting = '';
    };
    return (_request, response, next) => {
      response.setHeader('x-request-id', id);
      response.setHeader('traceparent', `00-${id.replaceAll('-', '')}-0a4d8f2e7b110a4d-00`);
      response.on('close', () => {
        if (waiting === '') setImmediate(write);
        waiting += line;
      });
      storage.run({}, next);
    };
  });
}

/** `AsyncLocalStorage.run` and nothing else. */
export function expressInContext() {
  const storage = new AsyncLocalStorage();
  const app = express();
  app.use((_request, _response, next) => storage.run({}, next));
  return createServer(withRoute(app));
}

export function expressSecured() {
  const app = express();
  app.use(secureExpress(apiSecurity()));
  return createServer(withRoute(app));
}

export function expressMeasured() {
  const app = express();
  app.use(measureExpress(createMetrics()));
  return createServer(withRoute(app));
}

export function expressPromBundle() {
  const app = express();
  app.use(promBundle({ includeMethod: true, includePath: true, includeStatusCode: true }));
  return createServer(withRoute(app));
}

export async function fastifyMeasured() {
  const app = fastify();
  await app.register(measureFastify(createMetrics()));
  return await fastifyServer(app);
}

/** Its histogram alone, which is the same work as ours; by itself it has a summary too. */
export async function fastifyMetricsHistogram() {
  const app = fastify();
  const routeMetrics = { enabled: { histogram: true, summary: false } };
  await app.register(fastifyMetrics.default, { endpoint: null, routeMetrics });
  return await fastifyServer(app);
}

export async function fastifyBare() {
  return await fastifyServer(fastify());
}

export async function fastifySecured() {
  const app = fastify();
  await app.register(secureFastify(apiSecurity()));
  return await fastifyServer(app);
}

/** @param {{ postgres: string }} context */
export async function healthOurs({ postgres }) {
  const pool = new pg.Pool({ connectionString: postgres, max: 20 });
  const health = createHealth({ checks: { database: remote(() => pool.query('select 1')) }, signals: false });
  const endpoints = healthEndpoints(health);
  while (health.snapshot().status !== 'pass') await new Promise((resolve) => setTimeout(resolve, 20));
  return createServer((request, response) => {
    endpoints(request, response, () => response.writeHead(404).end());
  });
}

/** @param {{ postgres: string }} context */
export function healthTerminus({ postgres }) {
  const pool = new pg.Pool({ connectionString: postgres, max: 20 });
  const server = createServer((_request, response) => response.writeHead(404).end());
  const check = async () => {
    await pool.query('select 1');
    return { database: 'ok' };
  };
  createTerminus(server, { healthChecks: { '/readyz': check }, signals: [] });
  return server;
}

/** @param {import('express').Express} app */
function withRoute(app) {
  app.get('/orders', (_request, response) => void response.json({ orders: [1, 2, 3] }));
  return app;
}

/** @param {import('fastify').FastifyInstance} app */
async function fastifyServer(app) {
  app.get('/orders', async () => ({ orders: [1, 2, 3] }));
  await app.ready();
  return app.server;
}
