import { STATUS_CODES } from 'node:http';
import type { Client, DenyCode, DenyVerdict } from './decision.js';

/** What a rejection says. */
export interface Rejection {
  readonly status: DenyVerdict['status'];
  readonly code: DenyCode;
  /** For the person who reads it: what to do next. */
  readonly detail: string;
  /** Sent as plain text instead of the problem document. */
  readonly message?: string | undefined;
}

/** The verdict of a rejection, with a problem document (RFC 9457) unless an exact text is asked for. */
export function deny(client: Client, { status, code, detail, message }: Rejection): DenyVerdict {
  if (message !== undefined) {
    return { kind: 'deny', client, code, status, contentType: 'text/plain; charset=utf-8', body: message };
  }
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ type: 'about:blank', title, status, code, detail });
  return { kind: 'deny', client, code, status, contentType: 'application/problem+json; charset=utf-8', body };
}
