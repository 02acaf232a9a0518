/** A response header by the name it is sent under. */
export type HeaderPair = readonly [name: string, value: string];

/** Who sent the request, as far as trusted proxies can tell. */
export interface Client {
  /** Canonical: IPv4-mapped IPv6 is IPv4, no zone, no port; `unknown` where the socket names none, as a Unix socket. */
  readonly ip: string;
  /** What to count by: the IPv4 address, or the IPv6 network (`2001:db8:1:2::/64`), because one host owns all of it. */
  readonly key: string;
  /** Whether the client's own connection is encrypted, at our socket or, as a trusted proxy says, at its. */
  readonly secure: boolean;
  /** Whether a trusted proxy stands between: only then are `X-Forwarded-*` headers worth reading. */
  readonly viaProxy: boolean;
}

/** Stable words for programs; the body of a rejection carries them as `code`. */
export type DenyCode =
  | 'RATE_LIMITED'
  | 'RATE_LIMIT_UNAVAILABLE'
  | 'CROSS_ORIGIN_REQUEST'
  | 'CSRF_TOKEN_REQUIRED'
  | 'INVALID_HOST';

/** Let the request through. */
export interface PassVerdict {
  readonly kind: 'pass';
  readonly client: Client;
  /** Put it on inline `<script nonce>` and `<style nonce>`; present when `headers.nonce` is on. */
  readonly nonce: string | undefined;
}

/** A CORS preflight: answer with `status` and no body. */
export interface PreflightVerdict {
  readonly kind: 'preflight';
  readonly client: Client;
  readonly status: number;
}

/** The request came over plain HTTP: answer with `status` and no body; the headers hold `Location`. */
export interface RedirectVerdict {
  readonly kind: 'redirect';
  readonly client: Client;
  readonly status: 301 | 308;
}

/** Refuse the request with this answer. */
export interface DenyVerdict {
  readonly kind: 'deny';
  readonly client: Client;
  readonly code: DenyCode;
  readonly status: 400 | 403 | 429 | 503;
  readonly contentType: string;
  readonly body: string;
}

/** A function in the options threw: answer as for any error of your own, 500 behind the headers. */
export interface FailedVerdict {
  readonly kind: 'failed';
  readonly client: Client;
  readonly error: unknown;
}

export type Verdict = PassVerdict | PreflightVerdict | RedirectVerdict | DenyVerdict | FailedVerdict;

/** What to do with one request. The headers belong on the response whatever the verdict is. */
export interface Decision {
  /** `Vary` is to be added to what is there; every other name replaces. */
  readonly headers: readonly HeaderPair[];
  /** Names to take off the response. */
  readonly remove: readonly string[];
  readonly verdict: Verdict;
}
