import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalidOption, optionsOf } from '@seaworthy/contracts';
import type { AuditEvent } from './audit/audit-event.js';
import { recordedIn } from './audited.js';
import { runInContext } from './log-context.js';
import { contextOf } from './request-context.js';

export interface AuditRequestsOptions<Request> {
  /** Who is asking; called when the request is over, so that a login has happened by then. */
  readonly actor: (request: Request) => AuditEvent['actor'];
  /** Methods that change something. @defaultValue ['POST', 'PUT', 'PATCH', 'DELETE'] */
  readonly methods?: readonly string[];
  /** Told of a record that could not be written; the answer is out by then. */
  readonly onError: (error: unknown) => void;
}

/** What only the framework knows. */
export interface AuditedRequest {
  /** The template of the route that answered, else the path without its query. */
  readonly route: () => string;
  readonly params: () => unknown;
}

type Recorder = (event: AuditEvent) => Promise<unknown>;

/**
 * The policy that the adapters share: a mutating request that is over without a record of its own gets one. A handler's record of a
 * success does not count when the answer is 5xx, because its transaction was rolled back.
 */
export function createAuditRequests<Request>(record: Recorder, options: AuditRequestsOptions<Request>) {
  const read = optionsOf<AuditRequestsOptions<Request>>('auditRequests', {
    actor: true,
    methods: true,
    onError: true,
  });
  const { actor, methods = ['POST', 'PUT', 'PATCH', 'DELETE'], onError } = read(options);
  for (const [name, value] of Object.entries({ actor, onError })) {
    if (typeof value !== 'function') throw invalidOption('auditRequests', name, 'a function');
  }
  const mutating = new Set(methods);

  return (
    raw: IncomingMessage,
    response: ServerResponse,
    request: Request,
    details: AuditedRequest,
  ): void => {
    if (!mutating.has(raw.method ?? '')) return;
    const context = contextOf(raw);
    if (context?.trace === undefined) {
      throw invalidOption(
        'auditRequests',
        'place',
        'behind requestLog(), by whose context records are counted',
      );
    }
    const { trace } = context;
    let over = false;

    function complete(finished: boolean): void {
      if (over) return;
      over = true;
      const { statusCode } = response;
      const known = recordedIn(trace);
      if (known !== undefined && !(known === 'success' && finished && statusCode >= 500)) return;
      runInContext(context ?? { fields: {}, trace }, () => {
        eventOf(finished, statusCode).then(record).catch(onError);
      });
    }

    async function eventOf(finished: boolean, statusCode: number): Promise<AuditEvent> {
      return {
        actor: actor(request),
        action: `${raw.method} ${details.route()}`,
        target: Object(details.params() ?? {}),
        outcome: finished ? outcomeOf(statusCode) : 'failure',
        details: finished ? { statusCode } : { aborted: true },
      };
    }

    response.on('finish', () => complete(true));
    response.on('close', () => complete(response.writableFinished));
  };
}

function outcomeOf(statusCode: number): AuditEvent['outcome'] {
  if (statusCode < 400) return 'success';
  return statusCode === 401 || statusCode === 403 ? 'denied' : 'failure';
}

export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
