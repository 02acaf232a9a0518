import {
  errorCode,
  invalidOption,
  optionsOf,
  readEnvironment,
  Secret,
  silentLogger,
  wholeNumber,
} from '@seaworthy/contracts';
import { providerUnavailable } from './oidc-error.js';
import { addressOf, type OidcOptions, readOidcOptions } from './oidc-options.js';
import type { OidcClaims } from './openid-client-like.js';
import { safeReturnPath } from './return-path.js';

/** What a login needs of a session; those of `@seaworthy/security/sessions` have it. */
export interface LoginNotes {
  hold(name: string, note: string, lifetimeMs: number): Promise<void>;
  take(name: string): Promise<string | undefined>;
}

export interface BeginOptions {
  /** Where to go afterwards, as the client asks; another site is never gone to. @defaultValue '/' */
  readonly returnTo?: unknown;
  /** Further parameters such as `prompt`, `login_hint` or `ui_locales`. Those of the protocol cannot be replaced. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Why a login did not come about: for logs. */
export type OidcRefusal =
  /** This session began no such login, it was finished already, or it took too long. */
  | 'unknown-state'
  /** The provider or the person said no. */
  | 'denied'
  /** The provider does not take the code: it was used before, or somebody else began the login. */
  | 'code'
  /** The answer is another provider's, is for another client or login, or is not signed by the provider. */
  | 'response';

export type OidcResult =
  | {
      readonly kind: 'ok';
      readonly issuer: string;
      /** Unique at this issuer, and nowhere else. */
      readonly subject: string;
      readonly claims: OidcClaims;
      readonly returnTo: string;
    }
  | { readonly kind: 'refused'; readonly reason: OidcRefusal };

export interface Oidc {
  /** Begins a login in this session. @returns where to send the browser, with status 303. @throws OidcError */
  begin(session: LoginNotes, options?: BeginOptions): Promise<string>;
  /**
   * Finishes the login that the provider's redirect belongs to, once.
   *
   * @param url - path and query as the client sent them; its host is not looked at.
   * @throws OidcError when the provider cannot be asked. The login then has to begin anew.
   */
  finish(session: LoginNotes, url: string): Promise<OidcResult>;
}

interface Pending {
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

const owner = 'createOidc';

const readBeginOptions = optionsOf<BeginOptions>('begin', { returnTo: true, parameters: true });

/**
 * Logins at an OpenID provider by authorization code and PKCE, through openid-client: state, nonce and verifier stay in the
 * session that began the login, and can be used once.
 *
 * The provider is asked what it can do at the first login, so a service starts without it.
 *
 * @throws OptionsError
 *
 * @example
 * import * as client from 'openid-client';
 * const oidc = createOidc({ client, issuer: config.ISSUER, clientId: config.CLIENT_ID, clientSecret: config.CLIENT_SECRET, redirectUri });
 * app.get('/login', async (req, res) => res.redirect(303, await oidc.begin(sessionOf(sessions, req), { returnTo: req.query.to })));
 * app.get('/callback', async (req, res) => {
 *   const session = sessionOf(sessions, req);
 *   const result = await oidc.finish(session, req.originalUrl);
 *   if (result.kind === 'refused') return res.status(403).end();
 *   await session.login(await users.idOf(result.issuer, result.subject));
 *   res.redirect(303, result.returnTo);
 * });
 */
export function createOidc<Configuration, Authentication>(
  options: OidcOptions<Configuration, Authentication>,
): Oidc {
  readOidcOptions(options);
  const { client, clientId, clientSecret, scope = 'openid profile email', logger = silentLogger } = options;
  const { timeoutMs = 5_000, pendingMs = 600_000 } = options;
  const environment = readEnvironment(owner, options.environment);
  const isLoose = environment === 'development' || environment === 'test';
  const issuer = addressOf('issuer', options.issuer, isLoose);
  const redirectUri = addressOf('redirectUri', options.redirectUri, isLoose);
  if (redirectUri.search !== '') throw invalidOption(owner, 'redirectUri', 'an address without a query');
  if (typeof client?.discovery !== 'function')
    throw invalidOption(owner, 'client', 'the module openid-client');
  if (typeof clientId !== 'string' || clientId === '') throw invalidOption(owner, 'clientId', 'a text');
  if (!scope.split(' ').includes('openid'))
    throw invalidOption(owner, 'scope', 'words with openid among them');
  wholeNumber(owner, 'timeoutMs', timeoutMs, { min: 100, max: 60_000 });
  wholeNumber(owner, 'pendingMs', pendingMs, { min: 10_000, max: 3_600_000 });
  const secret = Secret.is(clientSecret) ? clientSecret.reveal() : clientSecret;
  if (secret !== undefined && (typeof secret !== 'string' || secret === '')) {
    throw invalidOption(owner, 'clientSecret', 'a text that is not empty');
  }
  const authentication = secret === undefined ? client.None() : client.ClientSecretBasic(secret);
  let known: Promise<Configuration> | undefined;

  /** One question for all who wait; a failure is not kept. */
  function provider(): Promise<Configuration> {
    known ??= client
      .discovery(issuer, clientId, secret, authentication, {
        timeout: timeoutMs / 1_000,
        // Signatures of ID tokens are verified although TLS to the token endpoint would do (OpenID Connect Core, 3.1.3.7).
        execute: [
          client.enableNonRepudiationChecks,
          ...(issuer.protocol === 'http:' ? [client.allowInsecureRequests] : []),
        ],
      })
      .catch((error: unknown) => {
        known = undefined;
        throw unavailable(error);
      });
    return known;
  }

  function unavailable(error: unknown): Error {
    logger.warn('The login provider does not answer as it should', { code: wordOf(error) });
    return providerUnavailable();
  }

  function refused(reason: OidcRefusal, error?: unknown): OidcResult {
    logger.info('A login at the provider was refused', { reason, code: wordOf(error) });
    return { kind: 'refused', reason };
  }

  return {
    async begin(session, begin = {}) {
      const { returnTo, parameters = {} } = readBeginOptions(begin);
      const configuration = await provider();
      const [state, nonce, verifier] = [
        client.randomState(),
        client.randomNonce(),
        client.randomPKCECodeVerifier(),
      ];
      const pending: Pending = { nonce, verifier, returnTo: safeReturnPath(returnTo) };
      await session.hold(noteOf(state), JSON.stringify(pending), pendingMs);
      return client.buildAuthorizationUrl(configuration, {
        ...Object.fromEntries(Object.entries(parameters).filter(([name]) => !replacing.has(name))),
        client_id: clientId,
        response_type: 'code',
        redirect_uri: redirectUri.href,
        scope,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).href;
    },
    async finish(session, url) {
      const callback = new URL(redirectUri);
      const query = url.indexOf('?');
      callback.search = query === -1 ? '' : url.slice(query);
      const [state = '', ...others] = callback.searchParams.getAll('state');
      if (others.length > 0 || !/^[\w-]{16,128}$/.test(state)) return refused('unknown-state');
      const note = await session.take(noteOf(state));
      if (note === undefined) return refused('unknown-state');
      const { nonce, verifier, returnTo }: Pending = JSON.parse(note);
      const configuration = await provider();
      try {
        const tokens = await client.authorizationCodeGrant(configuration, callback, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) return refused('response');
        return { kind: 'ok', issuer: claims.iss, subject: claims.sub, claims, returnTo };
      } catch (error) {
        if (isOutage(error)) throw unavailable(error);
        const code = errorCode(error);
        if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR') return refused('denied', error);
        return refused(code === 'OAUTH_RESPONSE_BODY_ERROR' ? 'code' : 'response', error);
      }
    },
  };
}

/** A request object stands for all that is sent beside it; a mode would have the code come another way. */
const replacing: ReadonlySet<string> = new Set(['request', 'request_uri', 'response_mode']);

function noteOf(state: string): string {
  return `oidc:${state}`;
}

/** A word of the protocol and nothing else: messages and causes carry codes and states. */
function wordOf(error: unknown): string | undefined {
  const word: unknown = error instanceof Error && 'error' in error ? error.error : errorCode(error);
  return typeof word === 'string' && /^[\w-]{1,64}$/.test(word) ? word : undefined;
}

/** No answer in time, none at all, one that says that the provider itself failed, or that it does not know this client. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (outages.has(errorCode(error) ?? '') || wordOf(error) === 'invalid_client' || isFetchFailure(error))
    return true;
  const { cause } = error;
  const status = 'status' in error ? error.status : cause instanceof Response ? cause.status : undefined;
  return (typeof status === 'number' && status >= 500) || isFetchFailure(cause);
}

const outages: ReadonlySet<string> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_WWW_AUTHENTICATE_CHALLENGE',
]);

/** By its words: a test runner that gives tests a realm of their own leaves Node's TypeError in another. */
function isFetchFailure(error: unknown): boolean {
  return (
    error instanceof Error &&
    error.name === 'TypeError' &&
    /^(?:fetch failed|terminated)$/.test(error.message)
  );
}
