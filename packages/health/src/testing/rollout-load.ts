import { Agent, type ClientRequest, type RequestOptions, request } from 'node:http';

/** Why a request failed: the error code of the socket, or `HTTP_500` and the like. */
export interface RolloutFailure {
  readonly kind: string;
  /** When, in milliseconds after the signal; negative before it. */
  readonly atMs: number;
}

export interface RolloutLoadOptions {
  readonly clients: number;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Clients that each keep a connection and send the next request when they have the answer, as a load balancer does. */
export class RolloutLoad {
  sent = 0;
  ok = 0;
  readonly failed: { readonly kind: string; readonly at: number }[] = [];
  readonly #underWay = new Set<ClientRequest>();
  readonly #running: Promise<unknown>;
  #stopping = false;

  constructor(url: string, { clients, method, headers, body }: RolloutLoadOptions) {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, headers: { ...headers, ...length } };
    this.#running = Promise.all(Array.from({ length: clients }, () => this.#client(url, options, body)));
  }

  /** Sends no more and waits for what is under way, for so long at most. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    const giveUp = setTimeout(() => {
      for (const sending of this.#underWay) sending.destroy(new Error('NOT_ANSWERED'));
    }, withinMs);
    await this.#running;
    clearTimeout(giveUp);
  }

  async #client(url: string, options: RequestOptions, body: string | undefined): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#stopping) {
      const failure = await this.#send(url, { ...options, agent }, body);
      if (failure === undefined) this.ok += 1;
      else this.failed.push({ kind: failure, at: performance.now() });
      // Also when every request fails at once, others must get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
    agent.destroy();
  }

  /** Nothing is repeated: resolves with why it failed. */
  #send(url: string, options: RequestOptions, body: string | undefined): Promise<string | undefined> {
    this.sent += 1;
    return new Promise((resolve) => {
      const sending = request(url, options);
      this.#underWay.add(sending);
      const settle = (failure: string | undefined): void => {
        this.#underWay.delete(sending);
        resolve(failure);
      };
      const onError = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.message);
      sending.on('error', onError);
      sending.on('response', (response) => {
        const { statusCode = 0 } = response;
        response.on('error', onError);
        response.on('end', () => settle(statusCode >= 500 ? `HTTP_${statusCode}` : undefined));
        response.on('close', () => settle(response.complete ? undefined : 'INCOMPLETE'));
        response.resume();
      });
      sending.end(body);
    });
  }
}
