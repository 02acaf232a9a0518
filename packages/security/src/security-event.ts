import type { CsrfRefusal } from './csrf.js';
import type { Client } from './decision.js';

/** What happened, for an audit trail or an alarm. Nothing in it is secret; addresses are personal data. */
export type SecurityEvent =
  | {
      readonly type: 'limited';
      readonly policy: string;
      readonly client: Client;
      readonly retryAfterMs: number;
    }
  | { readonly type: 'limit-unavailable'; readonly policy: string; readonly client: Client }
  | { readonly type: 'limit-store-down'; readonly reason: string }
  | { readonly type: 'limit-store-up'; readonly downMs: number }
  | { readonly type: 'csrf'; readonly reason: CsrfRefusal; readonly client: Client }
  /** A preflight from an origin that is not on the list; at most 256 characters of it. */
  | { readonly type: 'cors-refused'; readonly origin: string; readonly client: Client };
