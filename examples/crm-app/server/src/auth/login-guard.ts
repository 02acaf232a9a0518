import type { Logger, Metrics } from '@seaworthy/contracts';
import { createLoginGuard, type LoginGuard } from '@seaworthy/security/login';
import type { OptionalRedis } from '@seaworthy-example/server';
import type { Config } from '../config.js';

export interface LoginGuardParts {
  readonly config: Pick<Config, 'JWT_SECRET' | 'LOGIN_LIMIT'>;
  readonly redis: Pick<OptionalRedis, 'limitStore'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What counts attempts to log in before a password is looked at: by account and address, and by network. */
export function loginGuard({ config, redis, logger, metrics }: LoginGuardParts): LoginGuard {
  const limit = Math.min(config.LOGIN_LIMIT, 100_000);
  return createLoginGuard({
    store: redis.limitStore({ prefix: 'crm-logins', hashKeys: config.JWT_SECRET }),
    user: { limit, per: '15m' },
    ip: { limit: 10 * limit, per: '1d' },
    logger,
    metrics,
  });
}
