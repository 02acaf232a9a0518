import type { LogRedactor } from '../redaction/redactor.js';
import { type PathPart, withoutParts } from './path-pattern.js';

/** Where secrets stand in the path of a URL. */
export type SecretParts<Request> = (
  request: Request,
  url: string,
  redactor: LogRedactor,
) => readonly PathPart[];

/** The path of a request's target, without scheme and host where a client sent those, and without the query. */
export function pathOf(url: string): string {
  return url.slice(pathStart(url), pathEnd(url));
}

/** A URL without the values of secret parameters: in its query, and in its path where a route names them. */
export function maskedUrl<Request>(
  url: string,
  request: Request,
  secretParts: SecretParts<Request> | undefined,
  redactor: LogRedactor,
): string {
  const parts = secretParts === undefined ? none : asked(secretParts, request, url, redactor);
  if (parts.length === 0) return redactor.redactText(url);
  const [start, end] = [pathStart(url), pathEnd(url)];
  const path = withoutParts(url.slice(start, end), parts, () => redactor.replacement);
  return redactor.redactText(`${url.slice(0, start)}${path}${url.slice(end)}`);
}

const none: readonly PathPart[] = [];

/** A framework that cannot say is no reason to lose the line. */
function asked<Request>(
  secretParts: SecretParts<Request>,
  request: Request,
  url: string,
  redactor: LogRedactor,
): readonly PathPart[] {
  try {
    return secretParts(request, url, redactor);
  } catch {
    return none;
  }
}

function pathStart(url: string): number {
  if (url.startsWith('/')) return 0;
  return /^[a-z][a-z\d+.-]*:\/\/[^/?]*/i.exec(url)?.[0].length ?? 0;
}

function pathEnd(url: string): number {
  const query = url.indexOf('?');
  return query === -1 ? url.length : query;
}
