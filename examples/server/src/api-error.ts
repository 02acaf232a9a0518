/** One thing that is wrong with one field; `path` uses dots. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** The body of an error answer (RFC 9457). */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  readonly requestId?: string;
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An answer that is no success, thrown from wherever it is found out. Its text is shown to the client. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldProblem[] | undefined;

  constructor(status: number, code: string, detail: string, errors?: readonly FieldProblem[]) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/**
 * The answer to any error. One that is not an ApiError says nothing about itself outside development, because its text was
 * not written for the client.
 */
export function problemOf(
  error: unknown,
  {
    requestId,
    detailed = false,
  }: { readonly requestId?: string | undefined; readonly detailed?: boolean } = {},
): Problem {
  const { status, code, detail, errors } = error instanceof ApiError ? shown(error) : hidden(error, detailed);
  return {
    type: 'about:blank',
    title: titles[status] ?? 'Error',
    status,
    code,
    detail,
    ...(errors === undefined ? {} : { errors }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function shown(error: ApiError) {
  return { status: error.status, code: error.code, detail: error.message, errors: error.errors };
}

function hidden(error: unknown, detailed: boolean) {
  const status = clientFault(error);
  if (status !== undefined) {
    const code = status === 413 ? 'BODY_TOO_LARGE' : 'BAD_REQUEST';
    return { status, code, detail: 'The request could not be read.', errors: undefined };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const detail = detailed ? stack : 'Something went wrong on our side. It has been logged.';
  return { status: 500, code: 'INTERNAL', detail, errors: undefined };
}

/** Body parsers of Express and Fastify mark what the client did wrong with a status of 4xx. */
function clientFault(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const status = 'statusCode' in error ? error.statusCode : 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
