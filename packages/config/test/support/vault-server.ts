import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What one request meets instead of an answer. */
export type VaultTrouble =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: 'sealed' }
  | { readonly kind: 'silence' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'endless' }
  | { readonly kind: 'html' }
  | { readonly kind: 'redirect'; readonly to: string };

interface Version {
  readonly data: object;
  deletionTime: string;
  destroyed: boolean;
}

interface Token {
  ttlSeconds: number;
  endsAt: number;
  readonly maxEndsAt: number;
  readonly renewable: boolean;
}

export interface VaultDouble {
  readonly address: string;
  /** `METHOD path` of every request so far. */
  readonly log: string[];
  readonly headers: Array<IncomingMessage['headers']>;
  /** The next requests whose path matches meet this trouble. */
  trouble(trouble: VaultTrouble, options?: { readonly times?: number; readonly on?: RegExp }): void;
  /** Writes a new version. */
  write(path: string, data: object): void;
  /** Deletes the newest version, softly or for good. */
  remove(path: string, how: 'delete' | 'destroy'): void;
  issueToken(options?: {
    readonly ttlSeconds?: number;
    readonly maxTtlSeconds?: number;
    readonly renewable?: boolean;
  }): string;
  revoke(token: string): void;
  /** Paths that no policy allows. */
  readonly forbidden: Set<string>;
  /** How the next logins' tokens are made. */
  loginTokens: { ttlSeconds?: number; maxTtlSeconds?: number; renewable?: boolean };
}

export interface StartVaultOptions {
  /** By which tokens end. @defaultValue Date.now */
  readonly now?: () => number;
  /** @defaultValue 'secret' */
  readonly mount?: string;
  /** Without it the server speaks plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

export const appRole = { roleId: 'role-5f2b', secretId: 'qzvkxsecretid' };
export const kubernetesRole = { role: 'orders', jwt: 'qzvkx.header.signature' };

/**
 * HashiCorp Vault's HTTP API as far as KV version 2, tokens, AppRole and Kubernetes logins go, after its documentation
 * (developer.hashicorp.com/vault/api-docs). There is no package of the real server here, and its faults could not be timed.
 */
export async function startVault({
  now = () => Date.now(),
  mount = 'secret',
  tls,
}: StartVaultOptions = {}): Promise<VaultDouble> {
  const secrets = new Map<string, Version[]>();
  const tokens = new Map<string, Token>();
  const troubles: Array<{ trouble: VaultTrouble; times: number; on: RegExp }> = [];
  const log: string[] = [];
  const headers: Array<IncomingMessage['headers']> = [];
  const forbidden = new Set<string>();
  let issued = 0;

  const server = tls === undefined ? createServer(onRequest) : createTlsServer({ ...tls }, onRequest);

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const { pathname } = new URL(request.url ?? '', 'http://vault');
      const path = decodeURIComponent(pathname.replace(/^\/v1\//, ''));
      log.push(`${request.method} ${path}`);
      headers.push(request.headers);
      const met = troubles.find(({ times, on }) => times > 0 && on.test(path));
      if (met !== undefined) {
        met.times -= 1;
        meet(met.trouble, request, response);
        return;
      }
      const [status, body] = answer(request, path, text === '' ? {} : JSON.parse(text));
      send(response, status, body);
    });
  }

  function answer(request: IncomingMessage, path: string, body: Record<string, unknown>): [number, unknown] {
    if (path === 'auth/approle/login' && request.method === 'POST') {
      const known = body.role_id === appRole.roleId && body.secret_id === appRole.secretId;
      return known ? loggedIn() : [400, { errors: ['invalid role or secret ID'] }];
    }
    if (path === 'auth/kubernetes/login' && request.method === 'POST') {
      const known = body.role === kubernetesRole.role && body.jwt === kubernetesRole.jwt;
      return known ? loggedIn() : [403, { errors: ['permission denied'] }];
    }
    const text = String(request.headers['x-vault-token'] ?? '');
    const token = tokens.get(text);
    if (token === undefined || now() >= token.endsAt) {
      return [403, { errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] }];
    }
    if (path === 'auth/token/lookup-self') {
      const ttl = token.ttlSeconds === 0 ? 0 : Math.floor((token.endsAt - now()) / 1000);
      return [200, { data: { id: text, ttl, renewable: token.renewable, policies: ['default'] } }];
    }
    if (path === 'auth/token/renew-self' && request.method === 'POST') {
      if (!token.renewable) return [400, { errors: ['lease is not renewable'] }];
      token.endsAt = Math.min(now() + token.ttlSeconds * 1000, token.maxEndsAt);
      return [200, auth(text, token)];
    }
    const inMount = path.startsWith(`${mount}/data/`) ? path.slice(`${mount}/data/`.length) : undefined;
    if (inMount === undefined)
      return [404, { errors: [`no handler for route "${path}". route entry not found.`] }];
    if (forbidden.has(inMount)) return [403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }];
    const versions = secrets.get(inMount);
    const newest = versions?.at(-1);
    if (versions === undefined || newest === undefined) return [404, { errors: [] }];
    const metadata = {
      created_time: '2026-01-01T00:00:00.000000000Z',
      custom_metadata: null,
      deletion_time: newest.deletionTime,
      destroyed: newest.destroyed,
      version: versions.length,
    };
    const isGone = newest.destroyed || newest.deletionTime !== '';
    const data = { data: isGone ? null : newest.data, metadata };
    const envelope = {
      request_id: 'r',
      lease_id: '',
      renewable: false,
      lease_duration: 0,
      wrap_info: null,
      warnings: null,
      auth: null,
    };
    return [isGone ? 404 : 200, { ...envelope, data }];
  }

  function loggedIn(): [number, unknown] {
    const text = issueToken(double.loginTokens);
    const token = tokens.get(text);
    if (token === undefined) throw new Error('The token was just made.');
    return [200, auth(text, token)];
  }

  function auth(text: string, token: Token): unknown {
    const seconds = token.ttlSeconds === 0 ? 0 : Math.floor((token.endsAt - now()) / 1000);
    return {
      auth: {
        client_token: text,
        accessor: 'a',
        lease_duration: seconds,
        renewable: token.renewable,
        policies: ['default'],
      },
    };
  }

  function issueToken({
    ttlSeconds = 0,
    maxTtlSeconds = Number.POSITIVE_INFINITY,
    renewable = true,
  } = {}): string {
    issued += 1;
    const text = `hvs.qzvkxtoken${issued}`;
    const endsAt = ttlSeconds === 0 ? Number.POSITIVE_INFINITY : now() + ttlSeconds * 1000;
    tokens.set(text, { ttlSeconds, endsAt, maxEndsAt: now() + maxTtlSeconds * 1000, renewable });
    return text;
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const double: VaultDouble = {
    address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    headers,
    forbidden,
    loginTokens: {},
    trouble: (trouble, { times = 1, on = /./ } = {}) => void troubles.push({ trouble, times, on }),
    write(path, data) {
      const versions = secrets.get(path) ?? [];
      secrets.set(path, [...versions, { data, deletionTime: '', destroyed: false }]);
    },
    remove(path, how) {
      const newest = secrets.get(path)?.at(-1);
      if (newest === undefined) throw new Error('There is no such secret to remove.');
      if (how === 'destroy') newest.destroyed = true;
      else newest.deletionTime = '2026-01-02T00:00:00.000000000Z';
    },
    issueToken,
    revoke: (token) => void tokens.delete(token),
  };
  return double;
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

function meet(trouble: VaultTrouble, request: IncomingMessage, response: ServerResponse): void {
  switch (trouble.kind) {
    case 'status': {
      const { status, body = { errors: ['qzvkx: what the server says'] }, headers } = trouble;
      send(response, status, body, headers);
      return;
    }
    case 'sealed':
      send(response, 503, { errors: ['Vault is sealed'] });
      return;
    case 'silence':
      return;
    case 'reset':
      request.socket.destroy();
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
      response.write('{"data":{"data":{"KEY":"qzvkx');
      setImmediate(() => request.socket.destroy());
      return;
    case 'endless': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write('"'.padEnd(16_384, 'x')));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return;
    }
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<!doctype html><p>qzvkx: please log in');
      return;
    case 'redirect':
      response.writeHead(307, { location: trouble.to });
      response.end();
  }
}
