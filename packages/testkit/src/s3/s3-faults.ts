/** The calls that a fault can hit, as Amazon names them. */
export type S3Operation =
  | 'PutObject'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'ListObjectsV2'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListMultipartUploads'
  | 'ListParts';

/**
 * - `error`: answers with `status` and `code`, and does nothing.
 * - `silence`: reads the request and never answers.
 * - `reset`: cuts the connection before anything is done.
 * - `lost answer`: does it and cuts the connection instead of answering.
 * - `short`: answers with half of the body and cuts the connection.
 * - `corrupt`: flips a bit of what is stored, or of what is read.
 */
export type S3FaultKind = 'error' | 'silence' | 'reset' | 'lost answer' | 'short' | 'corrupt';

export interface S3Fault {
  readonly kind: S3FaultKind;
  /** @defaultValue every one */
  readonly operation?: S3Operation;
  /** Only keys that end so. @defaultValue every one */
  readonly key?: string;
  /** So many matching calls pass before. @defaultValue 0 */
  readonly after?: number;
  /** So many calls are hit. @defaultValue 1 */
  readonly times?: number;
  /** Of `error`. @defaultValue 503 */
  readonly status?: number;
  /** Of `error`. @defaultValue 'SlowDown' */
  readonly code?: string;
}

/** The faults that are set, used up in their order. */
export class S3Faults {
  #rules: Array<{ readonly fault: S3Fault; pass: number; left: number }> = [];

  add(fault: S3Fault): void {
    this.#rules.push({ fault, pass: fault.after ?? 0, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#rules = [];
  }

  take(operation: S3Operation, key: string): S3Fault | undefined {
    for (const rule of this.#rules) {
      const { fault } = rule;
      if (rule.left === 0) continue;
      if (fault.operation !== undefined && fault.operation !== operation) continue;
      if (fault.key !== undefined && !key.endsWith(fault.key)) continue;
      if (rule.pass > 0) {
        rule.pass -= 1;
        continue;
      }
      rule.left -= 1;
      return fault;
    }
    return undefined;
  }
}
