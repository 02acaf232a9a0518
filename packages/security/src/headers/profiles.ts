import type { HelmetProfile } from './helmet-options.js';

/**
 * For responses with pages among them. ASVS 5 V3.4: `base-uri 'none'`, `object-src 'none'`, no inline script or style,
 * nobody may frame it. `upgrade-insecure-requests` is left out: it breaks a page that is opened over plain HTTP, and HSTS
 * does its work over TLS.
 */
const html: HelmetProfile = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'self'"],
      'base-uri': ["'none'"],
      'font-src': ["'self'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
      'img-src': ["'self'", 'data:'],
      'object-src': ["'none'"],
      'script-src': ["'self'"],
      'script-src-attr': ["'none'"],
      'style-src': ["'self'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
};

/** For services that answer data only: what a browser could act on in a JSON answer, and nothing more. */
const api: HelmetProfile = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

export const profiles = { html, api } as const;

/** `html` for services with pages, `api` for services that answer data only. */
export type ProfileName = keyof typeof profiles;
