import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Clock,
  type Logger,
  type Metrics,
  optionsOf,
  silentLogger,
  silentMetrics,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { letGo } from '../input/input-middleware.js';
import { readBody } from '../input/read-body.js';
import { tellListener } from '../tell-listener.js';
import { type CspViolation, readViolations } from './violation.js';

export interface CspReportsOptions {
  /** Where violations are told, as warnings. @defaultValue silentLogger */
  readonly logger?: Logger;
  /** @defaultValue silentMetrics */
  readonly metrics?: Metrics;
  /** Called for every violation, lines or not. What it throws is logged and changes nothing. */
  readonly onViolation?: (violation: CspViolation) => void;
  /** Lines in a minute; the next minute's first one says how many were left out. @defaultValue 10 */
  readonly linesPerMinute?: number;
  /** A longer body is answered with 413. @defaultValue 16384 */
  readonly maxBytes?: number;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export interface CspReports {
  /** Answers 204, 400, 405, 413 or 415, and 408 for a body that takes more than five seconds. Mount it where no body parser has been. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

const readOptions = optionsOf<CspReportsOptions>('createCspReports', {
  logger: true,
  metrics: true,
  onViolation: true,
  linesPerMinute: true,
  maxBytes: true,
  clock: true,
});

const types: ReadonlySet<string> = new Set([
  'application/csp-report',
  'application/reports+json',
  'application/json',
]);

const bodyTimeoutMs = 5_000;

/**
 * Receives the reports that `headers.reports` asks browsers for, of `report-uri` and of the Reporting API. Anybody can send some, so
 * bodies, lines and what they hold are bounded, and nothing in them is believed.
 *
 * @example
 * const reports = createCspReports({ logger });
 * app.use(secure(createSecurity({ headers: { reports: '/csp-reports' } })));
 * app.post('/csp-reports', reports.handle);
 */
export function createCspReports(options: CspReportsOptions = {}): CspReports {
  const {
    logger = silentLogger,
    metrics = silentMetrics,
    onViolation,
    linesPerMinute = 10,
    maxBytes = 16_384,
    clock = systemClock,
  } = readOptions(options);
  wholeNumber('createCspReports', 'linesPerMinute', linesPerMinute, { min: 0, max: 10_000 });
  wholeNumber('createCspReports', 'maxBytes', maxBytes, { min: 1_024, max: 1_048_576 });
  const violations = metrics.counter({
    name: 'seaworthy.security.csp.violations',
    description: 'Violations of the Content-Security-Policy that browsers reported.',
    unit: '{violation}',
  });
  const allowsLine = lineBudget(linesPerMinute, clock);

  function tell(violation: CspViolation): void {
    const { directive, disposition } = violation;
    violations.add(1, { directive, disposition });
    const leftOut = allowsLine();
    if (leftOut !== undefined) {
      logger.warn('Content-Security-Policy violated', { ...violation, ...(leftOut > 0 ? { leftOut } : {}) });
    }
    tellListener(onViolation, violation, (error) =>
      logger.error('onViolation of createCspReports threw', { error }),
    );
  }

  async function statusOf(request: IncomingMessage): Promise<number> {
    if (request.method !== 'POST') return 405;
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
    if (!types.has(type.trim().toLowerCase())) return 415;
    const body = await readBody(request, { maxBytes, timeoutMs: bodyTimeoutMs, clock });
    if (typeof body === 'number') return body;
    const found = readViolations(body.toString('utf8'));
    for (const violation of found ?? []) tell(violation);
    return found === undefined ? 400 : 204;
  }

  return {
    handle(request, response) {
      void statusOf(request).then((status) => {
        if (response.headersSent || response.destroyed) return;
        response.statusCode = status;
        if (status === 405) response.setHeader('Allow', 'POST');
        if (status === 408 || status === 413) letGo(request, response); // the rest of the body is not read
        if (status !== 204) response.setHeader('Content-Length', 0);
        response.end();
      });
    },
  };
}

/** @returns how many lines were left out since the last one, or `undefined` when there is no room for a line now. */
function lineBudget(perMinute: number, clock: Clock): () => number | undefined {
  let endsAt = Number.NEGATIVE_INFINITY;
  let written = 0;
  let leftOut = 0;
  return () => {
    const now = clock.monotonic();
    if (now >= endsAt) {
      endsAt = now + 60_000;
      written = 0;
    }
    if (written >= perMinute) {
      leftOut += 1;
      return undefined;
    }
    written += 1;
    const before = leftOut;
    leftOut = 0;
    return before;
  };
}
