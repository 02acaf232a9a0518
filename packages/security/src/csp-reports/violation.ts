import { urlOf } from '@seaworthy/contracts';

/** What is kept of a report. Anybody can send one, so nothing of it is believed: each field has its shape or is left out. */
export interface CspViolation {
  /** `script-src-elem`; `other` for what is no directive of CSP 3. */
  readonly directive: string;
  readonly disposition: 'enforce' | 'report';
  /** `inline`, `eval`, `data:` and the like, or the origin of what was blocked. */
  readonly blocked: string | undefined;
  /** Origin and path of the page, without the query, which may hold a token. */
  readonly page: string | undefined;
  /** Origin and path of the script. */
  readonly source: string | undefined;
  readonly line: number | undefined;
}

/** Browsers send a few; a body with more is somebody else's. */
const maxReports = 20;

const maxChars = 256;

const directives: ReadonlySet<string> = new Set([
  'base-uri',
  'child-src',
  'connect-src',
  'default-src',
  'fenced-frame-src',
  'font-src',
  'form-action',
  'frame-ancestors',
  'frame-src',
  'img-src',
  'manifest-src',
  'media-src',
  'object-src',
  'require-trusted-types-for',
  'sandbox',
  'script-src',
  'script-src-attr',
  'script-src-elem',
  'style-src',
  'style-src-attr',
  'style-src-elem',
  'trusted-types',
  'worker-src',
]);

const keywords: ReadonlySet<string> = new Set([
  'inline',
  'eval',
  'wasm-eval',
  'self',
  'trusted-types-policy',
  'trusted-types-sink',
]);

/**
 * Reads a body of `report-uri` (CSP 2) or of the Reporting API; `undefined` when it is neither. Reports of other kinds in it are
 * passed over.
 */
export function readViolations(body: string): readonly CspViolation[] | undefined {
  const parsed = parse(body);
  if (Array.isArray(parsed)) {
    return parsed.slice(0, maxReports).flatMap((report: unknown) => {
      const inner = field(report, 'body');
      if (field(report, 'type') !== 'csp-violation' || !isRecord(inner)) return [];
      return [
        violation(inner, 'effectiveDirective', 'blockedURL', 'documentURL', 'sourceFile', 'lineNumber'),
      ];
    });
  }
  const report = field(parsed, 'csp-report');
  if (!isRecord(report)) return undefined;
  const directive = 'effective-directive' in report ? 'effective-directive' : 'violated-directive';
  return [violation(report, directive, 'blocked-uri', 'document-uri', 'source-file', 'line-number')];
}

function violation(
  report: Readonly<Record<string, unknown>>,
  directive: string,
  blocked: string,
  page: string,
  source: string,
  line: string,
): CspViolation {
  const name = text(field(report, directive))?.split(' ', 1)[0] ?? '';
  const number = field(report, line);
  return {
    directive: directives.has(name) ? name : 'other',
    disposition: field(report, 'disposition') === 'report' ? 'report' : 'enforce',
    blocked: blockedThing(text(field(report, blocked))),
    page: place(text(field(report, page))),
    source: place(text(field(report, source))),
    line: Number.isSafeInteger(number) && Number(number) >= 0 ? Number(number) : undefined,
  };
}

function blockedThing(value: string | undefined): string | undefined {
  if (value === undefined || keywords.has(value)) return value;
  if (/^(?:data|blob|filesystem)(?::|$)/.test(value)) return `${value.split(':', 1)[0]}:`;
  const url = webAddress(value);
  return url?.origin.slice(0, maxChars);
}

function place(value: string | undefined): string | undefined {
  const url = webAddress(value);
  return url === undefined ? undefined : `${url.origin}${url.pathname}`.slice(0, maxChars);
}

/** Parsing writes control characters and the like as escapes. */
function webAddress(value: string | undefined): URL | undefined {
  const url = value === undefined ? undefined : urlOf(value);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
