import type { IncomingMessage, ServerResponse } from 'node:http';
import { invalidOption, optionsOf } from '@seaworthy/contracts';
import type { HelmetOptions } from 'helmet';
import type { HeaderPair } from '../decision.js';
import { SecurityError } from '../security-error.js';
import { dynamicCsp, hasFunctions, mergeHelmet, type PresentOptions } from './helmet-options.js';
import { readHelmet } from './helmet-values.js';
import { createNonces } from './nonce.js';
import { deniedFeatures, type FeatureAllowance, permissionsPolicyValue } from './permissions-policy.js';
import { type ProfileName, profiles } from './profiles.js';

export interface HeadersOptions {
  /** What the service answers: pages, or data only. @defaultValue 'html' */
  readonly profile?: ProfileName;
  /** Any options of helmet, over the profile's. */
  readonly helmet?: HelmetOptions;
  /** Browser features; `false` sends no header. @defaultValue camera, microphone, payment and the like denied; none for 'api' */
  readonly permissionsPolicy?: Readonly<Record<string, FeatureAllowance>> | false;
  /** Allows inline `<script nonce>` and `<style nonce>`, with a new word for every response. Such pages must not be cached. @defaultValue false */
  readonly nonce?: boolean;
  /**
   * `X-XSS-Protection`. The filter it steers is gone from browsers and was itself exploitable, so helmet's `0` is right;
   * `guide-compatible` sends the `1; mode=block` that older checklists ask for. @defaultValue 'off'
   */
  readonly xssProtection?: 'off' | 'guide-compatible';
  /**
   * Where browsers report violations of the Content-Security-Policy: a path or an https URL, such as the one of
   * {@link createCspReports}. Sent as `report-to` with `Reporting-Endpoints`, and as `report-uri` for browsers without it.
   * @defaultValue nowhere
   */
  readonly reports?: string;
  /**
   * Cross-origin isolation, for pages that need `SharedArrayBuffer` or exact timers: everything that they embed must then allow it
   * (`require-corp`) or is fetched without cookies (`credentialless`). @defaultValue false
   */
  readonly isolation?: 'require-corp' | 'credentialless' | false;
}

/** The framework's own objects, for options that are functions of them. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The headers of one response. */
export interface ResponseHeaders {
  readonly set: readonly HeaderPair[];
  readonly nonce: string | undefined;
}

export interface HeaderPlan {
  readonly remove: readonly string[];
  /**
   * @param secure - whether the client's connection is encrypted; HSTS over plain HTTP means nothing (RFC 6797, 7.2).
   * @throws whatever a directive throws that is a function.
   */
  headers(secure: boolean, exchange: HttpExchange | undefined): ResponseHeaders;
  /** All but a policy that functions compute, for the answer to a request of which one has thrown. */
  withoutFunctions(secure: boolean): ResponseHeaders;
}

const owner = 'createSecurity headers';

const readOptions = optionsOf<HeadersOptions>(owner, {
  profile: true,
  helmet: true,
  permissionsPolicy: true,
  nonce: true,
  xssProtection: true,
  reports: true,
  isolation: true,
});

/** Stands for the nonce in what helmet built; the quotes keep it one CSP word. */
const noncePlaceholder = 'c2Vhd29ydGh5LW5vbmNl';

/** Works the headers out once, so that a request costs one list per connection kind and, with a nonce, one new word. */
export function planHeaders(options: HeadersOptions = {}): HeaderPlan {
  const {
    profile = 'html',
    helmet = {},
    nonce = false,
    xssProtection = 'off',
    permissionsPolicy,
    reports,
    isolation = false,
  } = readOptions(options);
  if (!Object.hasOwn(profiles, profile)) throw invalidOption(owner, 'profile', "'html' or 'api'");
  if (xssProtection !== 'off' && xssProtection !== 'guide-compatible') {
    throw invalidOption(owner, 'xssProtection', "'off' or 'guide-compatible'");
  }
  const features = permissionsPolicy ?? (profile === 'html' ? deniedFeatures : false);
  const merged = allowNonce(
    reportTo(mergeHelmet({ ...profiles[profile], ...isolated(isolation, helmet) }, helmet), reports),
    nonce,
  );
  const computed = hasFunctions(merged) ? merged.contentSecurityPolicy : undefined;
  const { set, remove } = readHelmet(
    computed === undefined ? merged : { ...merged, contentSecurityPolicy: false },
  );

  const kept = xssProtection === 'off' ? set : set.filter(([name]) => name !== 'X-XSS-Protection');
  const encrypted: readonly HeaderPair[] = [
    ...kept,
    ...(xssProtection === 'off' ? [] : [['X-XSS-Protection', '1; mode=block'] as const]),
    ...(reports === undefined ? [] : [['Reporting-Endpoints', `${reportGroup}="${reports}"`] as const]),
    ...(features === false ? [] : [['Permissions-Policy', permissionsPolicyValue(features)] as const]),
  ];
  const plain = encrypted.filter(([name]) => name !== 'Strict-Transport-Security');
  const compute = typeof computed === 'object' ? computedCsp(computed) : undefined;
  const nextNonce = nonce ? createNonces() : undefined;

  const overTls: ResponseHeaders = { set: encrypted, nonce: undefined };
  const overPlain: ResponseHeaders = { set: plain, nonce: undefined };

  function finished(all: readonly HeaderPair[]): ResponseHeaders {
    const word = nextNonce?.();
    return { set: word === undefined ? all : all.map((pair) => withNonce(pair, word)), nonce: word };
  }

  return {
    remove,
    headers(secure, exchange) {
      if (compute === undefined && nextNonce === undefined) return secure ? overTls : overPlain;
      const fixed = secure ? encrypted : plain;
      return finished(compute === undefined ? fixed : [...fixed, compute(exchange)]);
    },
    withoutFunctions: (secure) => finished(secure ? encrypted : plain),
  };
}

const reportGroup = 'csp';

function reportTo(options: PresentOptions, reports: string | undefined): PresentOptions {
  if (reports === undefined) return options;
  const csp = options.contentSecurityPolicy;
  if (typeof csp !== 'object')
    throw invalidOption(owner, 'reports', 'left out where there is no Content-Security-Policy');
  // One word of a policy and of a structured field: no blank, quote, comma or semicolon.
  if (!/^(?:\/(?!\/)|https:\/\/[^/])[\w\-.~:/?#[\]@!$&()*+=%]*$/.test(reports))
    throw invalidOption(owner, 'reports', 'a path such as /csp-reports, or an https URL');
  const directives = { ...csp.directives, 'report-uri': [reports], 'report-to': [reportGroup] };
  return { ...options, contentSecurityPolicy: { ...csp, directives } };
}

function isolated(
  isolation: HeadersOptions['isolation'],
  helmet: HelmetOptions,
): Pick<PresentOptions, 'crossOriginOpenerPolicy' | 'crossOriginEmbedderPolicy'> {
  if (isolation === false || isolation === undefined) return {};
  if (isolation !== 'require-corp' && isolation !== 'credentialless')
    throw invalidOption(owner, 'isolation', "'require-corp', 'credentialless' or false");
  if (helmet.crossOriginOpenerPolicy !== undefined || helmet.crossOriginEmbedderPolicy !== undefined)
    throw invalidOption(owner, 'isolation', 'left out where helmet is told the policies it is made of');
  return {
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: { policy: isolation },
  };
}

function allowNonce(options: PresentOptions, nonce: boolean): PresentOptions {
  const csp = options.contentSecurityPolicy;
  if (!nonce) return options;
  if (typeof csp !== 'object')
    throw invalidOption(owner, 'nonce', 'off where there is no Content-Security-Policy');
  const directives = { ...csp.directives };
  for (const name of ['script-src', 'style-src']) {
    const sources = directives[name] ?? directives['default-src'] ?? [];
    const list = typeof sources === 'symbol' ? [] : typeof sources === 'string' ? [sources] : [...sources];
    directives[name] = [...list.filter((source) => source !== "'none'"), `'nonce-${noncePlaceholder}'`];
  }
  return { ...options, contentSecurityPolicy: { ...csp, useDefaults: false, directives } };
}

function withNonce(pair: HeaderPair, word: string): HeaderPair {
  const [name, value] = pair;
  return name.startsWith('Content-Security-Policy') ? [name, value.replaceAll(noncePlaceholder, word)] : pair;
}

function computedCsp(
  options: Exclude<HelmetOptions['contentSecurityPolicy'], boolean | undefined>,
): (exchange: HttpExchange | undefined) => HeaderPair {
  const middleware = dynamicCsp(options);
  const name =
    options.reportOnly === true ? 'Content-Security-Policy-Report-Only' : 'Content-Security-Policy';
  return (exchange) => {
    if (exchange === undefined) {
      throw new SecurityError(
        'A Content-Security-Policy directive is a function of request and response: call decide(view, { request, response }).',
        { code: 'SECURITY_EXCHANGE_REQUIRED' },
      );
    }
    middleware(exchange.request, exchange.response, (error) => {
      if (error !== undefined) throw error;
    });
    return [name, String(exchange.response.getHeader(name))];
  };
}
