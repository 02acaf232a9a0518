import { type Environment, invalidOption, urlOf } from '@seaworthy/contracts';

export interface OriginRules {
  readonly owner: string;
  readonly name: string;
  readonly environment: Environment;
}

/** Whether an Origin header names one of the listed origins. */
export type OriginMatcher = (origin: string) => boolean;

/**
 * Compiles origins as people keep them in one variable: `https://app.example.com, https://*.example.com/`. Blanks, empty
 * places, a trailing slash, capitals and default ports do not matter. `*.` stands for exactly one label.
 *
 * @throws OptionsError for an empty list, patterns, paths, `null`, `*`, and `http:` origins in staging and production.
 */
export function compileOrigins(origins: string | readonly string[], rules: OriginRules): OriginMatcher {
  const exact = new Set<string>();
  const wildcards: Wildcard[] = [];
  for (const entry of splitOrigins(origins, rules)) {
    if (entry.includes('*')) wildcards.push(parseWildcard(entry, rules));
    else exact.add(parseOrigin(entry, rules));
  }
  if (wildcards.length === 0) return (origin) => exact.has(origin);
  return (origin) => exact.has(origin) || wildcards.some((wildcard) => fits(origin, wildcard));
}

/** The entries of a list, or of text with commas. */
export function splitOrigins(origins: string | readonly string[], rules: OriginRules): readonly string[] {
  const list: readonly unknown[] = typeof origins === 'string' ? [origins] : origins;
  if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'string')) {
    throw invalid(rules, 'origins as text: patterns match more than their author means');
  }
  const entries = list.flatMap((entry: string) => entry.split(',')).map((entry) => entry.trim());
  const filled = entries.filter((entry) => entry !== '');
  if (filled.length === 0) throw invalid(rules, 'at least one origin such as https://app.example.com');
  return filled;
}

function parseOrigin(entry: string, rules: OriginRules): string {
  if (entry === 'null')
    throw invalid(rules, "real origins: every sandboxed page and local file calls itself 'null'");
  const url = urlOf(entry);
  const bare = url !== undefined && /^[a-z]+:\/\/[^/?#@\\]+\/?$/i.test(entry);
  if (url === undefined || !bare || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw invalid(rules, 'origins: scheme and host, as in https://app.example.com, without a path');
  }
  if (url.protocol === 'http:' && (rules.environment === 'production' || rules.environment === 'staging')) {
    throw invalid(
      rules,
      `https origins in ${rules.environment}: whoever sits on the wire can speak as an http one`,
    );
  }
  return url.origin;
}

interface Wildcard {
  /** `https://` */
  readonly scheme: string;
  /** `.example.com:8443` */
  readonly suffix: string;
}

function parseWildcard(entry: string, rules: OriginRules): Wildcard {
  const match = /^(https?:\/\/)\*(\.[^*]+)$/i.exec(entry);
  const [, scheme = '', rest = ''] = match ?? [];
  if (match === null || rest.replace(/[:/].*$/, '').split('.').length < 3) {
    throw invalid(
      rules,
      'origins with at most one *, as the first label of a registered domain: https://*.example.com',
    );
  }
  const sample = parseOrigin(`${scheme}label${rest}`, rules);
  return { scheme: scheme.toLowerCase(), suffix: sample.slice(scheme.length + 'label'.length) };
}

function fits(origin: string, { scheme, suffix }: Wildcard): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false;
  const label = origin.slice(scheme.length, -suffix.length);
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label);
}

function invalid(rules: OriginRules, expected: string): Error {
  return invalidOption(rules.owner, rules.name, `made of ${expected}`);
}
