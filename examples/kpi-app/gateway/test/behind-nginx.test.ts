import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeWith, freePort, startNginx } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { kpiGateway } from '../src/service.js';

/** A request from another address of this machine; the status of its answer. */
function from(
  localAddress: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { localAddress, headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}

describeWith(['nginx'], 'the KPI gateway behind nginx', () => {
  test('[row 32] gives two clients a budget each, and nobody another one for a forged header', async () => {
    const backend = createServer((_request, response) => void response.end('[]'));
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    const upstream = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
    const port = await freePort();
    const service = await kpiGateway({
      signals: false,
      sources: {
        env: {
          NODE_ENV: 'test',
          GATEWAY_HOST: '127.0.0.1',
          GATEWAY_PORT: String(port),
          LOG_LEVEL: 'error',
          BACKEND_URL: upstream,
          FRONTEND_URL: upstream,
          TRUSTED_PROXIES: '127.0.0.1/32',
          RATE_LIMIT_MAX_REQUESTS: '5',
          RATE_LIMIT_WINDOW_MS: '900000',
        },
      },
    }).start();
    const nginx = await startNginx({ upstreams: [`127.0.0.1:${port}`] });
    try {
      const times = async (
        count: number,
        ask: (turn: number) => Promise<number>,
      ): Promise<readonly number[]> => {
        const statuses: number[] = [];
        for (let turn = 0; turn < count; turn += 1) statuses.push(await ask(turn));
        return statuses;
      };
      const url = `${nginx.url}/api/objectives`;
      expect(await times(7, () => from('127.0.0.2', url))).toEqual([200, 200, 200, 200, 200, 429, 429]);
      expect(await times(7, () => from('127.0.0.3', url))).toEqual([200, 200, 200, 200, 200, 429, 429]);
      const forged = (turn: number) => ({
        'x-forwarded-for': `198.51.100.${turn}, 127.0.0.1`,
        'x-real-ip': `198.51.100.${turn}`,
        forwarded: `for=198.51.100.${turn}`,
      });
      expect(await times(5, (turn) => from('127.0.0.2', url, forged(turn)))).toEqual([
        429, 429, 429, 429, 429,
      ]);
      // Past nginx, whoever is no trusted proxy is the client, whatever the request says.
      const past = `http://127.0.0.1:${port}/api/objectives`;
      expect(await times(7, (turn) => from('127.0.0.4', past, forged(turn)))).toEqual([
        200, 200, 200, 200, 200, 429, 429,
      ]);
    } finally {
      await nginx.close();
      await service.close();
      backend.closeAllConnections();
      backend.close();
    }
  });
});
