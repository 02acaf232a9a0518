import type { Health } from '@seaworthy/health';
import type { Security } from '@seaworthy/security';
import type { HttpHost } from './http-host.js';
import type { Opened } from './opened.js';
import type { BaseContext } from './service-options.js';

/** The context as the steps of any service see it. */
export type AnyContext = BaseContext<object> & { readonly health?: Health; readonly security?: Security };

/** One start of a service. */
export interface Launch {
  /** Grows with every step. */
  context: AnyContext;
  readonly opened: Opened;
  /** Aborts when the service must stop before it has started. */
  readonly signal: AbortSignal;
  /** `false`: the process belongs to somebody else. */
  readonly signals: boolean;
  /** Settles when no step is under way any more; never rejects. */
  taken: Promise<void>;
  http: { readonly host: HttpHost; readonly url: string } | undefined;
}

/** One step of a start. What it returns is what the next steps find under its name. */
export interface Step {
  readonly name: string;
  /** For messages: `resource "db"`. */
  readonly label: string;
  take(launch: Launch): Promise<unknown>;
}
