/** Claims of an ID token. */
export interface OidcClaims {
  readonly iss: string;
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** The part of the module openid-client, 6 and later, that is needed; what it knows of a provider stays its own. */
export interface OpenidClientLike<Configuration, Authentication> {
  discovery(
    server: URL,
    clientId: string,
    metadata: string | undefined,
    authentication: Authentication,
    options: { timeout: number; execute: Array<(configuration: Configuration) => void> },
  ): Promise<Configuration>;
  None(): Authentication;
  ClientSecretBasic(secret: string): Authentication;
  enableNonRepudiationChecks(configuration: Configuration): void;
  allowInsecureRequests(configuration: Configuration): void;
  randomState(): string;
  randomNonce(): string;
  randomPKCECodeVerifier(): string;
  calculatePKCECodeChallenge(verifier: string): Promise<string>;
  buildAuthorizationUrl(configuration: Configuration, parameters: Record<string, string>): URL;
  authorizationCodeGrant(
    configuration: Configuration,
    callback: URL,
    checks: {
      pkceCodeVerifier: string;
      expectedState: string;
      expectedNonce: string;
      idTokenExpected: boolean;
    },
  ): Promise<{ claims(): OidcClaims | undefined }>;
}
