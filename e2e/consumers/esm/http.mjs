import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { healthEndpoints as expressHealth } from '@seaworthy/health/express';
import { healthEndpoints as fastifyHealth } from '@seaworthy/health/fastify';
import { nestShutdown } from '@seaworthy/health/nest';
import { healthEndpoints as nodeHealth } from '@seaworthy/health/node';
import { simulateRollout } from '@seaworthy/health/testing';
import { requestLog as expressLog } from '@seaworthy/logging/express';
import { requestLog as fastifyLog } from '@seaworthy/logging/fastify';
import { messageClasses } from '@seaworthy/logging/message-classes';
import { requestLog as nodeLog } from '@seaworthy/logging/node';
import { compressed } from '@seaworthy/security/compression';
import { secure as expressSecure, guardRoutes, routesOf, securityOf } from '@seaworthy/security/express';
import { secure as fastifySecure } from '@seaworthy/security/fastify';
import { secure as fetchSecure, securityOf as securityOfFetch } from '@seaworthy/security/fetch';
import { inputCheck } from '@seaworthy/security/input';
import { createJwt, jwtPresets } from '@seaworthy/security/jwt';
import { createLoginGuard, createPasswords } from '@seaworthy/security/login';
import { secure as nodeSecure } from '@seaworthy/security/node';
import { createOidc, safeReturnPath } from '@seaworthy/security/oidc';
import { accessMatrix, definePolicy, matrixText } from '@seaworthy/security/roles';
import { createSessions, memorySessionStore } from '@seaworthy/security/sessions';
import { createTls, serverLimits } from '@seaworthy/security/transport';
import express from 'express';
import fastify from 'fastify';
import * as jose from 'jose';
import * as openidClient from 'openid-client';
import { linesOf, newHealth, newLogger, newSecurity, used } from './setting.mjs';

await used('security', async () => {
  const security = newSecurity();
  const view = {
    method: 'POST',
    url: '/orders',
    host: 'shop.example',
    peer: '203.0.113.9',
    encrypted: true,
    header: (name) => (name === 'origin' ? 'https://evil.example' : undefined),
  };
  const { verdict } = await security.decide(view);
  assert.equal(verdict.kind, 'deny');
  assert.equal(verdict.code, 'CROSS_ORIGIN_REQUEST');
  await security.close();
});

await used('security/fetch', async () => {
  const security = newSecurity();
  const handle = fetchSecure(security, (request) => new Response(securityOfFetch(request).client.ip), {
    peer: () => '203.0.113.9',
    onError: assert.fail,
  });
  const answer = await handle(new Request('https://shop.example/'));
  assert.equal(await answer.text(), '203.0.113.9');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  await security.close();
});

await used('security/input', async () => {
  const validate = (value) => (typeof value === 'string' ? { value } : { issues: [{ message: 'no text' }] });
  const check = inputCheck({ body: { '~standard': { version: 1, vendor: 'consumer', validate } } });
  assert.equal((await check({ body: 'text' })).value.body, 'text');
  assert.equal((await check({ body: 7 })).refusal.status, 400);
});

await used('security/transport', async () => {
  assert.ok(serverLimits().keepAliveTimeout > 60_000);
  await assert.rejects(createTls({ certFile: 'nowhere.pem', keyFile: 'nowhere.key' }), {
    code: 'SECURITY_CERTIFICATE_UNUSABLE',
  });
});

await used('security/compression', async () => {
  const compress = compressed({ minBytes: '1kb' });
  const server = createServer((request, response) => {
    compress(request, response, () => {
      response.setHeader('content-type', 'text/plain');
      response.end('word '.repeat(1_000));
    });
  });
  const answer = await fetch(await listening(server), { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(answer.headers.get('content-encoding'), 'gzip');
  await answer.text();
  server.closeAllConnections();
  server.close();
});

await used('security/login', async () => {
  const passwords = createPasswords({ argon2: false });
  const stored = await passwords.hash('correct horse battery staple');
  const logins = createLoginGuard({ user: { limit: 1, per: '1m' } });
  const client = { ip: '203.0.113.9', key: '203.0.113.9', secure: true, viaProxy: false };
  const attempt = (password) =>
    logins.attempt({ account: 'ada@shop.example', client }, async () =>
      (await passwords.verify(password, stored)).valid ? { id: 7 } : undefined,
    );
  assert.equal((await attempt('correct horse battery staple')).kind, 'passed');
  assert.equal((await attempt('wrong')).kind, 'failed');
  assert.equal((await attempt('correct horse battery staple')).kind, 'refused');
  await logins.close();
});

await used('security/jwt', async () => {
  const keys = [{ kid: 'k1', secret: 'a-jwt-secret-of-at-least-32-characters' }];
  const tokens = createJwt({ jose, ...jwtPresets.crm, keys, issuer: 'shop', audience: 'shop-api' });
  const { token } = await tokens.sign('ada', { role: 'admin' });
  const result = await tokens.verify(token);
  assert.equal(result.subject, 'ada');
  assert.equal(result.expiresAt - result.issuedAt, 86_400_000);
  assert.deepEqual(await tokens.verify(`${token.slice(0, -3)}abc`), { valid: false, reason: 'signature' });
});

await used('security/oidc', async () => {
  const oidc = createOidc({
    client: openidClient,
    issuer: 'https://127.0.0.1:1',
    clientId: 'shop',
    redirectUri: 'https://shop.example/callback',
  });
  const session = { hold: async () => undefined, take: async () => undefined };
  await assert.rejects(oidc.begin(session), { code: 'SECURITY_OIDC_UNAVAILABLE', statusCode: 503 });
  const result = await oidc.finish(session, '/callback?code=x&state=0123456789abcdef');
  assert.deepEqual(result, { kind: 'refused', reason: 'unknown-state' });
  assert.equal(safeReturnPath('//evil.example'), '/');
});

await used('security/roles', async () => {
  const policy = definePolicy({
    actions: ['order.read', 'order.pay'],
    roles: { clerk: { may: ['order.read'] }, boss: { like: ['clerk'], may: ['order.pay'] } },
  });
  assert.equal(policy.can({ role: 'boss' }, 'order.pay'), true);
  assert.equal(policy.can({ role: 'clerk' }, 'order.pay'), false);
  const { may } = guardRoutes(policy, { userOf: () => ({ role: 'clerk' }) });
  const app = express();
  app.post('/orders/:id/pay', may('order.pay'), (_request, response) => response.end());
  const text = matrixText(accessMatrix(policy, routesOf(app)));
  assert.match(text, /POST \/orders\/:id\/pay {2}order.pay {2}- +yes$/);
});

await used('security/sessions', async () => {
  const keys = ['a-session-key-of-at-least-32-characters'];
  const sessions = createSessions({ store: memorySessionStore(), keys, environment: 'test' });
  const lines = [];
  const sink = { open: true, set: (line) => void lines.push(line) };
  const session = await sessions.open({}, undefined, sink);
  await session.login('ada');
  const [line] = lines;
  const [cookie] = line.split(';');
  assert.match(line, /^__Host-session=.*; HttpOnly; Secure; SameSite=Lax$/);
  assert.equal((await sessions.open({}, cookie, sink)).user, 'ada');
  assert.equal(await sessions.endAll('ada'), 1);
  assert.equal((await sessions.open({}, cookie, sink)).user, undefined);
  await sessions.close();
});

await used('health', async () => {
  const health = newHealth();
  const answer = await health.answer({ method: 'GET', url: '/livez', headers: {}, socket: {} });
  assert.equal(answer.statusCode, 200);
  await health.close();
});

/** Health, guard and request log of one host, as a client meets them. */
async function meet(url, health, security, logger) {
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  const first = await fetch(`${url}/hello`);
  assert.equal(await first.text(), 'hello');
  assert.equal(first.headers.get('x-content-type-options'), 'nosniff');
  assert.ok(first.headers.get('x-request-id'));
  await fetch(`${url}/hello`);
  assert.equal((await fetch(`${url}/hello`)).status, 429);
  await health.close();
  await security.close();
  await logger.close();
  const statuses = (await linesOf())
    .filter((line) => line.message === 'Request completed')
    .map((line) => line.statusCode);
  assert.deepEqual(statuses.slice(-3), [200, 200, 429]);
}

function listening(server) {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`)),
  );
}

await used('health/node, logging/node, security/node', async () => {
  const [health, security, logger] = [newHealth(), newSecurity(), newLogger()];
  const log = nodeLog(logger, { ignore: ['/livez'] });
  const [endpoints, guard] = [nodeHealth(health), nodeSecure(security)];
  const server = createServer((request, response) =>
    log(request, response, () =>
      endpoints(request, response, () =>
        guard(request, response, (error) =>
          error === undefined ? response.end('hello') : response.destroy(error),
        ),
      ),
    ),
  );
  await meet(await listening(health.serve(server)), health, security, logger);
});

await used('health/express, logging/express, logging/message-classes, security/express', async () => {
  const [health, security, logger] = [newHealth(), newSecurity(), newLogger()];
  const app = express();
  app.use(expressLog(logger, { ignore: ['/livez'] }), expressHealth(health), expressSecure(security));
  app.get('/hello', (request, response) => {
    assert.equal(securityOf(request).client.ip, '127.0.0.1');
    response.send('hello');
  });
  await meet(await listening(health.serve(createServer(messageClasses(app), app))), health, security, logger);
});

await used('health/fastify, logging/fastify, security/fastify', async () => {
  const [health, security, logger] = [newHealth(), newSecurity(), newLogger()];
  const app = fastify();
  await app.register(fastifyLog(logger, { ignore: ['/livez'] }));
  await app.register(fastifyHealth(health));
  await app.register(fastifySecure(security));
  app.get('/hello', () => 'hello');
  health.serve(app.server);
  health.stop('workers', 'fastify', () => app.close());
  await meet(await app.listen({ port: 0, host: '127.0.0.1' }), health, security, logger);
});

await used('health/nest', async () => {
  const health = newHealth();
  await nestShutdown(health).useValue.onModuleDestroy();
  await health.close();
});

await used('health/testing', async () => {
  const script = fileURLToPath(new URL('rollout-server.mjs', import.meta.url));
  const { sent, failed, exitCode } = await simulateRollout(script, { lag: '200ms', clients: 4 });
  assert.ok(sent > 0);
  assert.deepEqual(failed, []);
  assert.equal(exitCode, 0);
});
