import { ApiError } from './api-error.js';

export type QueryValue = string | number | undefined;

export interface RequestOptions {
  /** Left out of the address when `undefined` or empty. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** JSON over fetch with the session's cookie; every method rejects with an {@link ApiError}. */
export interface HttpClient {
  get<Answer>(path: string, options?: RequestOptions): Promise<Answer>;
  post<Answer = void>(path: string, body?: object, options?: RequestOptions): Promise<Answer>;
  patch<Answer = void>(path: string, body: object, options?: RequestOptions): Promise<Answer>;
  delete(path: string, options?: RequestOptions): Promise<void>;
}

export interface HttpClientOptions {
  /** What every path is appended to. @defaultValue '/api' */
  readonly baseUrl?: string;
  /** How long an answer may take. @defaultValue 15000 */
  readonly timeoutMs?: number;
  /** @defaultValue globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Creates the one way in which an application talks to its server.
 *
 * @example
 * const http = createHttpClient();
 * const { teams } = await http.get<TeamsResponse>('/teams');
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { baseUrl = '/api', timeoutMs = 15_000, fetch = globalThis.fetch.bind(globalThis) } = options;

  async function send<Answer>(
    method: string,
    path: string,
    body: object | undefined,
    { query, headers, signal }: RequestOptions = {},
  ): Promise<Answer> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const response = await fetch(baseUrl + path + searchOf(query), {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw unanswered(cause, signal);
    });
    if (!response.ok) throw await ApiError.fromResponse(response);
    return (response.status === 204 ? undefined : await response.json()) as Answer;
  }

  return {
    get: (path, more) => send('GET', path, undefined, more),
    post: (path, body, more) => send('POST', path, body, more),
    patch: (path, body, more) => send('PATCH', path, body, more),
    delete: (path, more) => send('DELETE', path, undefined, more),
  };
}

function searchOf(query: RequestOptions['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') search.set(name, String(value));
  }
  return search.size === 0 ? '' : `?${search}`;
}

/** A caller's own abort stays what it is, so that a cancelled query is not shown as a failure. */
function unanswered(cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return cause;
  const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
  return timedOut
    ? new ApiError('The server took too long to answer. Try again.', { status: 0, code: 'TIMEOUT', cause })
    : new ApiError('The server cannot be reached. Check your connection and try again.', {
        status: 0,
        code: 'NETWORK',
        cause,
      });
}
