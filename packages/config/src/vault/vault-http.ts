import {
  type Clock,
  DeadlineError,
  errorCode,
  exponentialBackoff,
  sleep,
  urlOf,
  withDeadline,
} from '@seaworthy/contracts';
import { VaultFault } from './vault-fault.js';

/** The part of `fetch` that is used. */
export type VaultFetch = (url: string, init: RequestInit) => Promise<Response>;

export interface VaultServer {
  readonly address: URL;
  readonly namespace: string | undefined;
  readonly fetch: VaultFetch;
  readonly attempts: number;
  readonly attemptTimeoutMs: number;
  readonly maxBytes: number;
  readonly clock: Clock;
  /** Whether a token may be sent there. */
  readonly allows: (url: URL) => boolean;
}

export interface VaultRequest {
  readonly method: 'GET' | 'POST';
  /** Below `/v1/`, each part encoded. */
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
}

export interface VaultReply {
  readonly status: number;
  /** `undefined` when the answer had no body. */
  readonly body: unknown;
}

/** A try that may go better a moment later. */
class Again extends Error {
  readonly afterMs: number;
  constructor(message: string, afterMs = 0) {
    super(message);
    this.afterMs = afterMs;
  }
}

const longestWaitMs = 2_000;

/**
 * Asks Vault; tries again when it was not reached, cut its answer off, or answered 412, 429 or 5xx, which is what its own
 * client retries.
 *
 * @throws VaultFault when no try gave an answer below 500.
 */
export async function askVault(
  server: VaultServer,
  request: VaultRequest,
  signal: AbortSignal,
): Promise<VaultReply> {
  const backoff = exponentialBackoff({ baseMs: 100, maxMs: longestWaitMs });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce(server, request, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Again)) throw error;
      if (attempt >= server.attempts) {
        const times = attempt === 1 ? 'once' : `${attempt} times`;
        throw new VaultFault(`${error.message}, tried ${times}`, {
          fix: 'Look at the health of Vault and at the way to it; TLS is checked by Node, which trusts NODE_EXTRA_CA_CERTS.',
        });
      }
      const waitMs = Math.max(backoff(attempt), Math.min(error.afterMs, longestWaitMs));
      await sleep(server.clock, waitMs, { signal });
    }
  }
}

async function attemptOnce(
  server: VaultServer,
  request: VaultRequest,
  signal: AbortSignal,
): Promise<VaultReply> {
  const { attemptTimeoutMs: timeoutMs, clock } = server;
  try {
    return await withDeadline((given) => exchange(server, request, given), {
      timeoutMs,
      what: 'Vault',
      signal,
      clock,
    });
  } catch (error) {
    if (error instanceof VaultFault || error instanceof Again) throw error;
    if (DeadlineError.is(error)) throw new Again(`did not answer within ${timeoutMs} ms`);
    throw new Again(`could not be reached${reasonOf(error)}`);
  }
}

async function exchange(
  server: VaultServer,
  request: VaultRequest,
  signal: AbortSignal,
): Promise<VaultReply> {
  let url = new URL(`v1/${request.path}`, server.address);
  let response = await send(server, url, request, signal);
  // A standby sends its clients to the active node, and Vault's own client follows once.
  if (response.status === 307 || response.status === 308) {
    await response.body?.cancel();
    url = redirected(server, url, response.headers.get('location'));
    response = await send(server, url, request, signal);
  }
  const text = await readText(response, server.maxBytes);
  const { status } = response;
  if (status === 412 || status === 429 || status >= 500) {
    const seconds = Number(response.headers.get('retry-after') ?? 0);
    throw new Again(nameOf(status, text), Number.isFinite(seconds) ? seconds * 1_000 : 0);
  }
  if (text === '') return { status, body: undefined };
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    // Its message would quote the text.
    throw new VaultFault('answered something that is no JSON', {
      fix: 'Check that the address is that of Vault, not of a proxy or a login page.',
      status,
    });
  }
}

function send(server: VaultServer, url: URL, request: VaultRequest, signal: AbortSignal): Promise<Response> {
  const { token, method, body } = request;
  return server.fetch(url.href, {
    method,
    signal,
    redirect: 'manual', // fetch itself would hand the token to any host, and follow for ever
    headers: {
      'x-vault-request': 'true',
      ...(token === undefined ? {} : { 'x-vault-token': token }),
      ...(server.namespace === undefined ? {} : { 'x-vault-namespace': server.namespace }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function redirected({ allows }: VaultServer, from: URL, location: string | null): URL {
  const to = location === null ? undefined : urlOf(location, from.href);
  const keepsTls = to?.protocol === 'https:' || (to?.protocol === 'http:' && from.protocol === 'http:');
  if (to !== undefined && keepsTls && allows(to)) return to;
  throw new VaultFault('redirects to an address that is not followed, because it is not protected by TLS', {
    code: 'insecure',
    fix: 'Correct api_addr of the Vault servers.',
  });
}

/** The whole body, or a fault when it is longer than `maxBytes`; nobody holds more than that of it. */
async function readText(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) {
      // Leaving the loop cancels the stream.
      throw new VaultFault(`answered more than ${maxBytes} bytes`, {
        fix: 'Split the secret, or raise maxBytes.',
        status: response.status,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function nameOf(status: number, text: string): string {
  return status === 503 && text.includes('Vault is sealed') ? 'is sealed' : `answered ${status}`;
}

/** The code of a network fault, such as ECONNREFUSED. Its message may hold the address with a password in it. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = errorCode(cause) ?? errorCode(error) ?? '';
  return /^[A-Z][A-Z0-9_]+$/.test(code) ? ` (${code})` : '';
}
