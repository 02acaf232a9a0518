import { clientIp, policy, presets } from '@seaworthy/security';
import { createService, type ServiceOptions } from '@seaworthy/service';
import { createGateway } from './app.js';
import { schema } from './config.js';

/** The KPI gateway, from its configuration to its port. */
export function kpiGateway(options: Pick<ServiceOptions<object>, 'sources' | 'signals'> = {}) {
  return createService({
    name: 'kpi-gateway',
    version: '1.0.0',
    config: schema,
    ...options,
    logging: (config) => ({ level: config.LOG_LEVEL }),
  })
    .health(() => ({}))
    .security(({ config }) => ({
      // Pages and API bring their own headers; the gateway's stand on what it answers itself.
      headers: { profile: 'api' },
      clientIp: clientIp({ trust: config.TRUSTED_PROXIES }),
      csrf: false,
      limits: {
        ...presets.kpi.limits,
        policies: [
          policy('ip', {
            limit: config.RATE_LIMIT_MAX_REQUESTS,
            per: config.RATE_LIMIT_WINDOW_MS,
            paths: ['/api/'],
          }),
        ],
      },
    }))
    .http(
      ({ config, logger, health, security }) =>
        createGateway({
          backendUrl: config.BACKEND_URL,
          frontendUrl: config.FRONTEND_URL,
          trustedProxies: config.TRUSTED_PROXIES,
          logger,
          health,
          security,
        }),
      ({ config }) => ({ port: config.GATEWAY_PORT, host: config.GATEWAY_HOST }),
    );
}
