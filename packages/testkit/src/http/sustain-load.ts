import { Agent, type ClientRequest, request } from 'node:http';
import { optionsOf, wholeNumber } from '@seaworthy/contracts';

export interface SustainLoadOptions {
  readonly url: string;
  /** How many requests are under way at any time, each on a connection of its own that is kept. @defaultValue 20 */
  readonly clients?: number;
  /** @defaultValue 'GET' */
  readonly method?: 'GET' | 'POST';
  /** Sent as JSON. @defaultValue none for GET, {} for POST */
  readonly body?: unknown;
  /** Pause of each client after a request, in milliseconds. @defaultValue 0 */
  readonly pauseMs?: number;
}

/** Why a request failed: the error code of the socket, or `HTTP_500` and the like. */
export interface FailedRequest {
  readonly kind: string;
  /** When, in milliseconds after the load began. */
  readonly atMs: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly ok: number;
  readonly failed: readonly FailedRequest[];
}

export interface Load {
  /** Counts so far. */
  readonly result: LoadResult;
  /** Sends no more, waits for what is under way (10 s at most), and says how it went. */
  stop(): Promise<LoadResult>;
}

const readOptions = optionsOf<SustainLoadOptions>('sustainLoad', {
  url: true,
  clients: true,
  method: true,
  body: true,
  pauseMs: true,
});

/**
 * Sends requests without pause over kept connections, as a load balancer does, and counts what failed. Nothing is
 * repeated, and an answer of 500 and above is a failure.
 *
 * @example
 * const load = sustainLoad({ url: `${service.url}/hello`, clients: 40, method: 'POST' });
 * process.kill(pid, 'SIGTERM');
 * expect((await load.stop()).failed).toEqual([]);
 */
export function sustainLoad(options: SustainLoadOptions): Load {
  const { url, clients = 20, method = 'GET', body, pauseMs = 0 } = readOptions(options);
  wholeNumber('sustainLoad', 'clients', clients, { min: 1 });
  const payload = body === undefined ? (method === 'POST' ? '{}' : undefined) : JSON.stringify(body);
  const startedAt = performance.now();
  const failed: FailedRequest[] = [];
  const underWay = new Set<ClientRequest>();
  let sent = 0;
  let ok = 0;
  let stopping = false;

  const once = (agent: Agent): Promise<void> =>
    new Promise((resolve) => {
      sent += 1;
      const headers =
        payload === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
      const sending = request(url, { agent, method, headers });
      underWay.add(sending);
      let settled = false;
      const settle = (failure: string | undefined): void => {
        if (settled) return;
        settled = true;
        underWay.delete(sending);
        if (failure === undefined) ok += 1;
        else failed.push({ kind: failure, atMs: Math.round(performance.now() - startedAt) });
        resolve();
      };
      sending.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
      sending.on('response', (response) => {
        const { statusCode = 0 } = response;
        response.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
        response.on('close', () => settle(response.complete ? undefined : 'INCOMPLETE'));
        response.on('end', () => settle(statusCode >= 500 ? `HTTP_${statusCode}` : undefined));
        response.resume();
      });
      sending.end(payload);
    });

  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopping) {
      await once(agent);
      // Let the event loop turn even when every request fails at once.
      await new Promise((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));
    }
    agent.destroy();
  };
  const running = Promise.all(Array.from({ length: clients }, client));

  const result = (): LoadResult => ({ sent, ok, failed: [...failed] });
  return {
    get result() {
      return result();
    },
    async stop() {
      stopping = true;
      const giveUp = setTimeout(() => {
        for (const sending of underWay) sending.destroy(new Error('STILL_RUNNING'));
      }, 10_000);
      await running;
      clearTimeout(giveUp);
      return result();
    },
  };
}
