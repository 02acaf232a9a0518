import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, invalidOption, optionsOf, systemClock, withDeadline } from '@seaworthy/contracts';
import type { AuditEvent } from '../audit/audit-event.js';
import { runInContext } from '../log-context.js';
import { createRedactor } from '../redaction/redactor.js';
import { type RecordNote, recordOf, recordsBeingWritten } from './audited.js';
import { contextOf } from './request-context.js';
import { attempt, type RequestKind } from './request-log.js';
import { maskedUrl, pathOf } from './request-path.js';
import { whenOver } from './when-over.js';

export interface AuditRequestsOptions<Request> {
  /** Who is asking; called when the request is over, so that a login has happened by then. */
  readonly actor: (request: Request) => AuditEvent['actor'];
  /** Methods that change something. @defaultValue ['POST', 'PUT', 'PATCH', 'DELETE'] */
  readonly methods?: readonly string[];
  /** Told of a record that could not be written; the answer is out by then. */
  readonly onError: (error: unknown) => void;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

type Recorder = (event: AuditEvent) => Promise<unknown>;

/** How long a handler whose client went away may take to answer, and a record of its own to be written. */
const patienceMs = 30_000;

/**
 * The policy that the adapters share: a mutating request that is over without a record of its own gets one. From 400 on a handler's
 * record of a success does not count, and from 500 on none that was made in a transaction: it was rolled back, or nobody knows.
 */
export function createAuditRequests<Request>(
  record: Recorder,
  options: AuditRequestsOptions<Request>,
  kind: RequestKind<Request>,
): (raw: IncomingMessage, response: ServerResponse, request: Request) => void {
  const read = optionsOf<AuditRequestsOptions<Request>>('auditRequests', {
    actor: true,
    methods: true,
    onError: true,
    clock: true,
  });
  const { actor, methods = ['POST', 'PUT', 'PATCH', 'DELETE'], onError, clock = systemClock } = read(options);
  for (const [name, value] of Object.entries({ actor, onError })) {
    if (typeof value !== 'function') throw invalidOption('auditRequests', name, 'a function');
  }
  const mutating = new Set(methods);
  const redactor = createRedactor();

  function targetOf(request: Request): Readonly<Record<string, unknown>> {
    const values = Object.entries(attempt(kind.params, request) ?? {});
    return Object.fromEntries(
      values.map(([name, value]) => [name, redactor.isSecret(name) ? redactor.replacement : value]),
    );
  }

  /** Of a request that no route answered. */
  function pathWithoutSecrets(request: Request): string {
    return pathOf(maskedUrl(kind.url(request), request, kind.secretParts, redactor));
  }

  return (raw, response, request) => {
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

    function onOver(): void {
      // What a handler did is known by its answer, also when nobody is there to read it.
      if (response.writableFinished) settle(false);
      else if (response.writableEnded) settle(true);
      else whenAnswered(response, clock, () => settle(true));
    }

    function settle(aborted: boolean): void {
      const decideNow = (): void => decide(aborted);
      const writing = recordsBeingWritten(trace);
      if (writing === undefined) {
        decideNow();
        return;
      }
      withDeadline(() => writing, { timeoutMs: patienceMs, what: 'An audit record', clock }).then(
        decideNow,
        decideNow,
      );
    }

    function decide(aborted: boolean): void {
      const statusCode = response.writableEnded ? response.statusCode : undefined;
      if (stands(recordOf(trace), statusCode)) return;
      runInContext(context ?? { fields: {}, trace }, () => {
        eventOf(statusCode, aborted).then(record).catch(onError);
      });
    }

    async function eventOf(statusCode: number | undefined, aborted: boolean): Promise<AuditEvent> {
      return {
        actor: actor(request),
        action: `${raw.method} ${attempt(kind.route, request) ?? pathWithoutSecrets(request)}`,
        target: targetOf(request),
        outcome: outcomeOf(statusCode),
        details: {
          ...(statusCode === undefined ? {} : { statusCode }),
          ...(aborted ? { aborted } : {}),
        },
      };
    }

    whenOver(raw, response, onOver);
  };
}

/** Calls `then` when a handler ends its response, whose client is gone, or does not within {@link patienceMs}. */
function whenAnswered(response: ServerResponse, clock: Clock, then: () => void): void {
  const { end } = response;
  const settle = (): void => {
    timer.cancel();
    response.end = end;
    then();
  };
  const timer = clock.schedule(settle, patienceMs);
  response.end = new Proxy(end, {
    apply(target, self, args) {
      const ended = Reflect.apply(target, self, args);
      settle();
      return ended;
    },
  });
}

/** Whether the record that a handler made says how its request ended. */
function stands(note: RecordNote | undefined, statusCode: number | undefined): boolean {
  if (note === undefined) return false;
  if (statusCode === undefined || statusCode < 400) return true;
  return note.outcome !== 'success' && (note.stays || statusCode < 500);
}

/** Without an answer nobody knows that it worked. */
function outcomeOf(statusCode: number | undefined): AuditEvent['outcome'] {
  if (statusCode === undefined) return 'failure';
  if (statusCode < 400) return 'success';
  return statusCode === 401 || statusCode === 403 ? 'denied' : 'failure';
}
