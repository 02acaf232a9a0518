import {
  type Environment,
  invalidOption,
  type Logger,
  optionsOf,
  type Secret,
  urlOf,
} from '@seaworthy/contracts';
import type { OpenidClientLike } from './openid-client-like.js';

export interface OidcOptions<Configuration, Authentication> {
  /** The module: `import * as client from 'openid-client'`. */
  readonly client: OpenidClientLike<Configuration, Authentication>;
  /** The provider, as its tokens name it: `https://login.example.com`. Plain HTTP in development and tests only. */
  readonly issuer: string;
  readonly clientId: string;
  /** @defaultValue none: a public client, which PKCE alone protects */
  readonly clientSecret?: Secret | string;
  /** Where the provider sends people back to, as it is registered there. */
  readonly redirectUri: string;
  /** @defaultValue 'openid profile email' */
  readonly scope?: string;
  /** Each question to the provider fails after so long. @defaultValue 5000 */
  readonly timeoutMs?: number;
  /** A login that was begun can be finished for so long. @defaultValue 600000 */
  readonly pendingMs?: number;
  /** @defaultValue 'production' */
  readonly environment?: Environment;
  /** @defaultValue silentLogger */
  readonly logger?: Logger;
}

export const readOidcOptions = optionsOf<OidcOptions<unknown, unknown>>('createOidc', {
  client: true,
  issuer: true,
  clientId: true,
  clientSecret: true,
  redirectUri: true,
  scope: true,
  timeoutMs: true,
  pendingMs: true,
  environment: true,
  logger: true,
});

/** @throws OptionsError for what is no address, one with a password in it, and plain HTTP where it is not let. */
export function addressOf(name: string, text: string, isLoose: boolean): URL {
  const url = typeof text === 'string' ? urlOf(text) : undefined;
  if (url !== undefined) {
    const isSafe = url.protocol === 'https:' || (isLoose && url.protocol === 'http:');
    if (isSafe && url.username === '' && url.password === '' && url.hash === '') return url;
  }
  throw invalidOption('createOidc', name, isLoose ? 'an http or https address' : 'an https address');
}
