import type { IncomingMessage, ServerResponse } from 'node:http';
import { optionsOf } from '@seaworthy/contracts';
import helmet, { type HelmetOptions } from 'helmet';
import { readHelmet } from './helmet-values.js';

type CspOptions = Exclude<HelmetOptions['contentSecurityPolicy'], boolean | undefined>;
type CspDirectives = NonNullable<CspOptions['directives']>;

/** helmet's older names, which it still takes. */
const aliases = {
  hsts: 'strictTransportSecurity',
  noSniff: 'xContentTypeOptions',
  dnsPrefetchControl: 'xDnsPrefetchControl',
  ieNoOpen: 'xDownloadOptions',
  frameguard: 'xFrameOptions',
  permittedCrossDomainPolicies: 'xPermittedCrossDomainPolicies',
  hidePoweredBy: 'xPoweredBy',
  xssFilter: 'xXssProtection',
} as const;

/** Helmet options under their present names only. */
export type PresentOptions = {
  readonly [Name in Exclude<keyof HelmetOptions, keyof typeof aliases>]?: Exclude<
    HelmetOptions[Name],
    undefined
  >;
};

const readNames = optionsOf<Partial<Record<keyof HelmetOptions, unknown>>>('createSecurity headers.helmet', {
  contentSecurityPolicy: true,
  crossOriginEmbedderPolicy: true,
  crossOriginOpenerPolicy: true,
  crossOriginResourcePolicy: true,
  originAgentCluster: true,
  referrerPolicy: true,
  strictTransportSecurity: true,
  hsts: true,
  xContentTypeOptions: true,
  noSniff: true,
  xDnsPrefetchControl: true,
  dnsPrefetchControl: true,
  xDownloadOptions: true,
  ieNoOpen: true,
  xFrameOptions: true,
  frameguard: true,
  xPermittedCrossDomainPolicies: true,
  permittedCrossDomainPolicies: true,
  xPoweredBy: true,
  hidePoweredBy: true,
  xXssProtection: true,
  xssFilter: true,
});

/** A profile: helmet options whose CSP says all it means. */
export type HelmetProfile = PresentOptions & {
  readonly contentSecurityPolicy: { readonly useDefaults: false; readonly directives: CspDirectives };
};

/**
 * The profile with the user's helmet options over it, option by option; CSP directives are merged by name unless the user
 * says `useDefaults: false`. Where the user frames the page and names no `frame-ancestors`, the directive follows
 * X-Frame-Options, because browsers that know the first ignore the second.
 *
 * @throws OptionsError for a name that helmet does not know, and helmet's own errors.
 */
export function mergeHelmet(profile: HelmetProfile, user: HelmetOptions): PresentOptions {
  readNames(user);
  if (!hasFunctions(user)) readHelmet(user); // helmet judges what the user wrote before it is merged
  const names: Readonly<Record<string, string>> = aliases;
  const given: PresentOptions = Object.fromEntries(
    Object.entries(user)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [names[name] ?? name, value]),
  );
  return { ...profile, ...given, contentSecurityPolicy: mergeCsp(profile, given) };
}

/** Whether some CSP directive is computed per request. */
export function hasFunctions(options: Pick<HelmetOptions, 'contentSecurityPolicy'>): boolean {
  const csp = options.contentSecurityPolicy;
  if (typeof csp !== 'object' || csp.directives === undefined) return false;
  return Object.values(csp.directives).some(
    (value) =>
      typeof value === 'object' && value !== null && [...value].some((item) => typeof item === 'function'),
  );
}

function mergeCsp(profile: HelmetProfile, given: PresentOptions): CspOptions | false {
  const csp = given.contentSecurityPolicy ?? true;
  if (csp === false) return false;
  if (csp !== true && csp.useDefaults === false) {
    return { ...csp, directives: withDashes(csp.directives) };
  }
  const framing = frameAncestors(given.xFrameOptions);
  const directives: CspDirectives = {
    ...profile.contentSecurityPolicy.directives,
    ...(framing === undefined ? {} : { 'frame-ancestors': [framing] }),
  };
  if (csp === true) return { useDefaults: false, directives };
  return { ...csp, useDefaults: false, directives: { ...directives, ...withDashes(csp.directives ?? {}) } };
}

function frameAncestors(framing: HelmetOptions['xFrameOptions']): string | undefined {
  if (framing === undefined) return undefined;
  if (framing === false) return "'self'";
  const action = framing === true ? 'sameorigin' : (framing.action ?? 'sameorigin');
  return action.toLowerCase() === 'deny' ? "'none'" : "'self'";
}

function withDashes(directives: CspDirectives): CspDirectives {
  const entries = Object.entries(directives);
  return Object.fromEntries(
    entries.map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value]),
  );
}

/** helmet's middleware for the CSP alone, for directives that are computed per request. */
export function dynamicCsp(
  options: CspOptions,
): (req: IncomingMessage, res: ServerResponse, next: (error?: Error) => void) => void {
  return helmet.contentSecurityPolicy(options);
}
