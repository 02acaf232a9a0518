import { type HealthCheck, invalidOption, optionsOf, urlOf } from '@seaworthy/contracts';
import { HealthError } from '../errors.js';

export interface HttpDependencyOptions {
  /** @defaultValue 'GET' */
  readonly method?: 'GET' | 'HEAD';
  /** Sent with each request. @defaultValue none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Which status codes mean that it works. @defaultValue 200 to 299 */
  readonly accept?: (statusCode: number) => boolean;
}

const readOptions = optionsOf<HttpDependencyOptions>('httpDependency', {
  method: true,
  headers: true,
  accept: true,
});

/**
 * Checks that another service answers over HTTP. Ask for its liveness or something cheap, never for its own /health: two
 * services that wait for each other's health never become healthy. Redirects are not followed, and the body is not read.
 *
 * @throws OptionsError for an unknown option, an address that is not http or https, and one with a password in it.
 *
 * @example
 * const checks = { payments: remote(httpDependency('https://payments.internal/livez'), { critical: false }) };
 */
export function httpDependency(
  url: string | URL,
  options: HttpDependencyOptions = {},
): HealthCheck<'remote'> {
  const { method = 'GET', headers = {}, accept = isSuccess } = readOptions(options);
  const target = urlOf(String(url));
  if (target === undefined || !['http:', 'https:'].includes(target.protocol)) {
    throw invalidOption('httpDependency', 'url', 'an address that begins with http:// or https://');
  }
  if (target.username !== '' || target.password !== '') {
    // fetch refuses it with the whole address in its message.
    throw invalidOption('httpDependency', 'url', 'without user and password: put them into `headers`');
  }
  return {
    kind: 'remote',
    async probe(signal) {
      const answer = await fetch(target, { method, headers, redirect: 'manual', signal }).catch(throwCause);
      await answer.body?.cancel();
      if (accept(answer.status)) return { statusCode: answer.status };
      throw new HealthError(`It answered ${answer.status}.`, { code: 'HEALTH_UNEXPECTED_ANSWER' });
    },
  };
}

/** What fetch itself says is "fetch failed", whatever happened. */
function throwCause(error: unknown): never {
  const cause: unknown = error instanceof TypeError ? error.cause : undefined;
  throw cause ?? error;
}

function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}
