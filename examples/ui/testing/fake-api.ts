import type { IncomingMessage } from 'node:http';

export interface FakeRequest {
  /** What stood in place of `:name` in the route. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: IncomingMessage['headers'];
}

export interface FakeAnswer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Keys are a method and a path below /api, with `:name` for what varies: `GET /teams/:id`. */
export type FakeRoutes = Readonly<Record<string, (request: FakeRequest) => FakeAnswer>>;

/** An error as both applications send it. */
export function problem(
  status: number,
  code: string,
  detail: string,
  errors?: readonly { readonly path: string; readonly message: string }[],
): FakeAnswer {
  const body = { type: 'about:blank', title: code, status, code, detail, requestId: 'req-fake', errors };
  return { status, body, headers: { 'content-type': 'application/problem+json' } };
}

/** Finds the route of a request and runs it; unknown addresses get 404 as from the real server. */
export function answer(
  routes: FakeRoutes,
  method: string,
  path: string,
  request: Omit<FakeRequest, 'params'>,
): FakeAnswer {
  for (const [key, handle] of Object.entries(routes)) {
    const [routeMethod, pattern = ''] = key.split(' ');
    if (routeMethod !== method) continue;
    const params = match(pattern, path);
    if (params !== undefined) return handle({ ...request, params });
  }
  return problem(404, 'NOT_FOUND', `Nothing answers ${method} ${path}.`);
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}
