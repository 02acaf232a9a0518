import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { findProgram } from '@seaworthy/testkit';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { certificateAt, certificateFile } from '../../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-certificates-'));
afterAll(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const openssl = findProgram('openssl');

beforeEach(({ skip }) => {
  skip(openssl === undefined && process.env.CI !== 'true', 'needs OpenSSL: apt-get install openssl');
});

const never = AbortSignal.timeout(60_000);

/** A certificate of its own that ends in so many days. */
function certify(days: number): { readonly path: string; readonly key: string } {
  const path = join(folder, `${days}.pem`);
  const key = join(folder, `${days}.key`);
  const command = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost';
  execFileSync(
    openssl ?? 'openssl',
    [...command.split(' '), '-days', String(days), '-keyout', key, '-out', path],
    {
      stdio: 'ignore',
    },
  );
  return { path, key };
}

test('a file passes, degrades, fails and has ended', async () => {
  expect(await certificateFile(certify(90).path).probe(never)).toEqual({
    daysLeft: 89,
    expiresAt: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
  });
  expect(await certificateFile(certify(10).path).probe(never)).toMatchObject({
    status: 'degraded',
    reason: expect.stringMatching(/^The certificate ends in (1w2d23h|1w3d)/),
  });
  await expect(certificateFile(certify(2).path).probe(never)).rejects.toMatchObject({
    code: 'HEALTH_LIMIT_REACHED',
  });
  const { path } = certify(1);
  vi.setSystemTime(Date.now() + 2 * 86_400_000);
  await expect(certificateFile(path).probe(never)).rejects.toThrow(/ended on/);
  vi.setSystemTime(Date.now() - 4 * 86_400_000);
  await expect(certificateFile(path).probe(never)).rejects.toThrow(/not valid yet/);
  vi.useRealTimers();
  await expect(certificateFile(join(folder, 'none.pem')).probe(never)).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test('a server shows its certificate, trusted or not', async () => {
  const { path, key } = certify(30);
  const server = createServer({ cert: readFileSync(path), key: readFileSync(key) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await certificateAt('127.0.0.1', { port }).probe(never)).toMatchObject({ daysLeft: 29 });
  expect(
    await certificateAt('127.0.0.1', { port, servername: 'localhost', warn: '60d' }).probe(never),
  ).toMatchObject({ status: 'degraded' });
  await new Promise((resolve) => server.close(resolve));
  await expect(certificateAt('127.0.0.1', { port }).probe(never)).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
});

test('a server that is none fails, and one that hangs is left on the signal', async () => {
  const closing = createTcpServer((socket) => socket.end());
  const hanging = createTcpServer(() => undefined);
  const ports = await Promise.all(
    [closing, hanging].map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    }),
  );
  await expect(certificateAt('127.0.0.1', { port: ports[0] ?? 0 }).probe(never)).rejects.toThrow();
  const stop = new AbortController();
  const probe = certificateAt('127.0.0.1', { port: ports[1] ?? 0 }).probe(stop.signal);
  setImmediate(() => stop.abort(new Error('time is up')));
  await expect(probe).rejects.toThrow('time is up');
  closing.close();
  hanging.close();
});

test('refuses limits in the wrong order and a port that is none', () => {
  expect(() => certificateFile('x', { warn: '1d', fail: '3d' })).toThrow(/option "warn"/);
  expect(() => certificateAt('x', { port: 0 })).toThrow(/option "port"/);
});
