/** One thing that is wrong with one field; `path` uses dots, as in `lines.0.quantity`. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** The body of every error answer, `application/problem+json` (RFC 9457) with a stable `code`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldProblem[];
  readonly requestId?: string;
}
