import type { LogRedactor } from '../redaction/redactor.js';
import { type PathPart, type PathPattern, partsByValue, templatePattern } from './path-pattern.js';
import { pathOf, type SecretParts } from './request-path.js';

/** The part of a Fastify 5 request that a route's template is read from. */
export interface FastifyRouted {
  readonly params: unknown;
  readonly routeOptions: { readonly url?: string | undefined };
}

/** The routes of an application, as it makes them. */
export interface FastifyRoutes {
  add(template: string): void;
  readonly secretParts: SecretParts<FastifyRouted>;
}

const none: readonly PathPart[] = [];

/**
 * Where secrets stand in a path, by the names in every route that matches it, whether it answered or not. An application without such
 * names is asked once.
 */
export function fastifyRoutes(): FastifyRoutes {
  const templates = new Set<string>();
  let patterns = new Map<string, PathPattern | undefined>();
  let judged = -1;

  /** The routes with secret names; a template that cannot be read is among them without a pattern. */
  function judge(redactor: LogRedactor): void {
    judged = templates.size;
    const read = [...templates].map((template) => [template, patternOf(template)] as const);
    patterns = new Map(
      read.filter(([, pattern]) => pattern?.names.some((name) => redactor.isSecret(name)) ?? true),
    );
  }

  return {
    add: (template) => void templates.add(template),
    secretParts(request, url, redactor) {
      const template = request.routeOptions.url;
      // One that was made before the plugin was loaded, because nobody waited for that.
      if (template !== undefined && !templates.has(template)) templates.add(template);
      if (judged !== templates.size) judge(redactor);
      if (patterns.size === 0 && template !== undefined) return none;
      const path = pathOf(url);
      const found = [...patterns.values()].flatMap((pattern) => pattern?.match(path)?.parts ?? none);
      const secret = found.filter(({ name }) => redactor.isSecret(name));
      // Fastify decodes and rewrites paths before it matches them, and a router of prefixes has values without a template.
      if (secret.length > 0 || (template !== undefined && !patterns.has(template))) return secret;
      return partsByValue(path, Object(request.params)).filter(({ name }) => redactor.isSecret(name));
    },
  };
}

function patternOf(template: string): PathPattern | undefined {
  try {
    return templatePattern(template, 'find-my-way', true);
  } catch {
    return undefined;
  }
}
