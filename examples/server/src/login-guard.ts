import type { Logger, Metrics, Secret } from '@seaworthy/contracts';
import { createLoginGuard, type LoginGuard } from '@seaworthy/security/login';
import type { OptionalRedis } from './optional-redis.js';

export interface LoginGuardParts {
  readonly config: { readonly JWT_SECRET: Secret; readonly LOGIN_LIMIT: number };
  readonly redis: Pick<OptionalRedis, 'limitStore'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * What counts attempts to log in before a password is looked at: by account and address, and by network.
 *
 * @param application - whose attempts: `kpi`; two that share a Redis count apart
 */
export function loginGuard(
  application: string,
  { config, redis, logger, metrics }: LoginGuardParts,
): LoginGuard {
  const limit = Math.min(config.LOGIN_LIMIT, 100_000);
  return createLoginGuard({
    store: redis.limitStore({ prefix: `${application}-logins`, hashKeys: config.JWT_SECRET }),
    user: { limit, per: '15m' },
    ip: { limit: 10 * limit, per: '1d' },
    logger,
    metrics,
  });
}
