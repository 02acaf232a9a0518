import { randomBytes } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import fastifyRateLimit from '@fastify/rate-limit';
import { createSecurity } from '@seaworthy/security';
import { secure } from '@seaworthy/security/fastify';
import cors from 'cors';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import fastify from 'fastify';
import helmet from 'helmet';
import { compareAll } from './harness.mjs';
import { servers } from './load/servers.mjs';
import { apiSecurity, limit, origin } from './programs/api-security.mjs';

const minutes15 = 900_000;

/** What a browser sends with a fetch from a page of the allowed origin. */
const headers = {
  host: 'api.example.com',
  origin,
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'cors',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  accept: 'application/json',
  'x-forwarded-for': '203.0.113.7',
};

/** @type {import('./harness.mjs').Pair[]} */
export const pairs = [
  {
    name: 'deciding and setting the headers',
    alternative: 'helmet, cors and express-rate-limit as middleware',
    prepare: () => {
      const security = apiSecurity();
      const middleware = [
        helmet(),
        cors({ origin: [origin], credentials: true }),
        rateLimit({
          windowMs: minutes15,
          limit,
          standardHeaders: 'draft-8',
          legacyHeaders: false,
          validate: false,
        }),
      ];
      const socket = new Socket();
      return {
        ours: (times) => {
          for (let time = 0; time < times; time += 1) {
            const { request, response } = exchange(socket);
            setHeaders(response, security.decide(view(request)));
          }
        },
        theirs: async (times) => {
          for (let time = 0; time < times; time += 1) {
            const { request, response } = exchange(socket);
            await passing(middleware, request, response);
          }
        },
      };
    },
  },
  {
    name: 'Fastify request, injected',
    alternative: '@fastify/helmet, @fastify/cors and @fastify/rate-limit',
    roundUs: 30_000,
    warmUpUs: 1_000_000,
    prepare: async () => {
      const ours = fastify();
      await ours.register(secure(apiSecurity()));
      const theirs = fastify({ trustProxy: 'loopback' });
      await theirs.register(fastifyHelmet);
      await theirs.register(fastifyCors, { origin: [origin], credentials: true });
      await theirs.register(fastifyRateLimit, { max: limit, timeWindow: minutes15 });
      return { ours: await injecting(ours), theirs: await injecting(theirs) };
    },
  },
  {
    name: 'headers of a page with a nonce',
    alternative: 'helmet with a nonce of its own',
    prepare: () => {
      const security = createSecurity({ headers: { profile: 'html', nonce: true }, csrf: false });
      const handle = helmet({
        contentSecurityPolicy: {
          directives: { scriptSrc: ["'self'", () => `'nonce-${randomBytes(16).toString('base64')}'`] },
        },
      });
      const socket = new Socket();
      return {
        ours: (times) => {
          for (let time = 0; time < times; time += 1) {
            const { request, response } = exchange(socket);
            setHeaders(response, security.decide(view(request)));
          }
        },
        theirs: async (times) => {
          for (let time = 0; time < times; time += 1) {
            const { request, response } = exchange(socket);
            await passing([handle], request, response);
          }
        },
      };
    },
  },
  {
    name: 'API profile on Express 5',
    alternative: 'Express 5 without',
    roundUs: 30_000,
    // Ten thousand requests are not enough here: 1.33 after them, 1.22 after thirty thousand, when all is compiled.
    warmUpUs: 4_000_000,
    prepare: () => servers({ ours: 'expressSecured', theirs: 'expressBare', path: '/orders', headers }),
  },
  {
    name: 'API profile on Fastify 5',
    alternative: 'Fastify 5 without',
    roundUs: 30_000,
    warmUpUs: 1_000_000,
    prepare: () => servers({ ours: 'fastifySecured', theirs: 'fastifyBare', path: '/orders', headers }),
  },
];

export default () => compareAll(import.meta.url, pairs);

/** A request and its response as Node makes them, without a connection. @param {Socket} socket */
function exchange(socket) {
  const request = Object.assign(new IncomingMessage(socket), {
    method: 'GET',
    url: '/api/orders',
    ip: '203.0.113.7',
  });
  Object.assign(request.headers, headers);
  // As Express does it; express-rate-limit needs its response.append.
  const response = Object.setPrototypeOf(new ServerResponse(request), express.response);
  return { request, response };
}

/** What the adapters make of a request. @param {IncomingMessage} request */
function view(request) {
  return {
    method: 'GET',
    url: '/api/orders',
    host: headers.host,
    peer: '203.0.113.7',
    encrypted: false,
    header: (/** @type {string} */ name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

/**
 * Runs middleware as Express does, one from the callback of the other.
 *
 * @param {ReadonlyArray<(request: any, response: any, next: (error?: unknown) => void) => unknown>} middleware
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 * @returns {Promise<void>}
 */
function passing(middleware, request, response) {
  return new Promise((resolve, reject) => {
    let at = 0;
    /** @param {unknown} [error] */
    const next = (error) => {
      if (error !== undefined) return reject(error);
      const handle = middleware[at];
      at += 1;
      if (handle === undefined) resolve();
      else void handle(request, response, next);
    };
    next();
  });
}

/** @param {import('fastify').FastifyInstance} app */
async function injecting(app) {
  app.get('/api/orders', async () => ({ orders: [1, 2, 3] }));
  await app.ready();
  return async (/** @type {number} */ times) => {
    for (let time = 0; time < times; time += 1) {
      const { statusCode } = await app.inject({ url: '/api/orders', headers });
      if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
    }
  };
}

/** @param {ServerResponse} response @param {ReturnType<import('@seaworthy/security').Security['decide']>} decision */
function setHeaders(response, decision) {
  if (decision instanceof Promise) throw new Error('a limit in memory answers at once');
  for (const [name, value] of decision.headers) response.setHeader(name, value);
}
