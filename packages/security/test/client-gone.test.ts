import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request as ask, createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeHttpContract, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { secure } from '../src/adapters/node.js';
import { createSecurity, policy, type Security } from '../src/index.js';
import { mountOf } from './host-mount.js';

/** A security that notes by which key it counts each request. */
function noting(): { readonly security: Security; readonly keys: string[] } {
  const keys: string[] = [];
  const key = ({ client }: { readonly client: { readonly key: string } }): string => {
    keys.push(client.key);
    return client.key;
  };
  const policies = [policy('ip', { limit: 1_000, per: '1h', key })];
  return { security: createSecurity({ limits: { policies } }), keys };
}

/** Sends a whole request and resets the connection at once. */
async function sendAndReset(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1', () => {
    socket.write('GET /whoami HTTP/1.1\r\nHost: a\r\n\r\n', () => socket.resetAndDestroy());
  });
  await once(socket, 'close');
}

describeHttpContract('a client that resets its connection right after sending', (host) => {
  test('is counted nowhere, reaches no handler and leaves nothing open', async () => {
    const { security, keys } = noting();
    const seen = { asked: 0, reset: 0, open: 0, handled: 0 };
    const mount = mountOf(security);
    const watch = (server: Server): void => {
      server.prependListener('request', (request, response) => {
        seen.asked += 1;
        seen.open += 1;
        response.once('close', () => {
          seen.open -= 1;
        });
        if (request.socket.remoteAddress === undefined) seen.reset += 1;
      });
    };
    const handle = () => {
      seen.handled += 1;
      return {};
    };
    await using service = await host.serve({
      ...mount,
      server: watch,
      routes: [{ method: 'GET', path: '/whoami', handle }],
    });
    for (let client = 0; client < 200 && seen.reset < 5; client += 1) await sendAndReset(service.port);
    await waitFor(() => seen.reset >= 5 && seen.open === 0, { what: 'all connections to be over' });
    expect(keys).toEqual(Array.from({ length: seen.asked - seen.reset }, () => '127.0.0.1'));
    expect(seen.handled).toBe(keys.length);
  });
});

test('a Unix socket has no other end to name, and its requests are decided and answered', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'security-'));
  const { security, keys } = noting();
  const guard = secure(security);
  const server = createServer((request, response) => guard(request, response, () => response.end('in')));
  try {
    const socketPath = join(folder, 'socket');
    server.listen(socketPath);
    await once(server, 'listening');
    const [answer] = await once(ask({ socketPath, path: '/' }).end(), 'response');
    answer.resume();
    expect([answer.statusCode, keys]).toEqual([200, ['unknown']]);
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
});
