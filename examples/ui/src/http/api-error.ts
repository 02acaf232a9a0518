/** One thing that is wrong with one field of a request. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

interface ApiErrorDetails {
  readonly status: number;
  readonly code: string;
  readonly fields?: readonly FieldProblem[];
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Why a request failed, in words that a person can act on.
 *
 * `status` is 0 and `code` is `NETWORK` or `TIMEOUT` when no answer came; otherwise both are the server's.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly requestId: string | undefined;

  constructor(message: string, details: ApiErrorDetails) {
    super(message, { cause: details.cause });
    this.name = 'ApiError';
    this.status = details.status;
    this.code = details.code;
    this.fields = details.fields ?? [];
    this.requestId = details.requestId;
  }

  /** Reads `application/problem+json`, and copes with the plain text or HTML that a proxy sends instead. */
  static async fromResponse(response: Response): Promise<ApiError> {
    const { status } = response;
    const problem = await readProblem(response);
    return new ApiError(textOf(problem, 'detail') ?? textOf(problem, 'title') ?? defaultMessage(status), {
      status,
      code: textOf(problem, 'code') ?? `HTTP_${status}`,
      fields: fieldsOf(problem),
      requestId: textOf(problem, 'requestId'),
    });
  }
}

function defaultMessage(status: number): string {
  if (status === 401) return 'Your session has ended. Sign in again.';
  if (status === 403) return 'Your role does not allow this.';
  if (status === 404) return 'This does not exist, or it was removed.';
  if (status === 429) return 'Too many requests in a short time. Wait a moment and try again.';
  if (status >= 500) return 'The server could not answer. Try again in a moment.';
  return `The server refused the request (${status}).`;
}

async function readProblem(response: Response): Promise<object | undefined> {
  if (!/\bjson\b/.test(response.headers.get('content-type') ?? '')) return undefined;
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? body : undefined;
  } catch {
    return undefined; // cut off on the way: the status still says enough
  }
}

function textOf(source: object | undefined, key: string): string | undefined {
  const value: unknown = source === undefined ? undefined : Reflect.get(source, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function fieldsOf(problem: object | undefined): FieldProblem[] {
  const list: unknown = problem === undefined ? undefined : Reflect.get(problem, 'errors');
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const path = textOf(entry, 'path');
    const message = textOf(entry, 'message');
    return path !== undefined && message !== undefined ? [{ path, message }] : [];
  });
}
