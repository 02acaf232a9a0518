import { createServer } from 'node:http';
import { defineConfig, env } from '@seaworthy/config';
import { healthEndpoints } from '@seaworthy/health/node';
import { requestLog } from '@seaworthy/logging/node';
import { clientIp } from '@seaworthy/security';
import { secure } from '@seaworthy/security/node';
import { createService } from '@seaworthy/service';
import { pagePolicy } from './pages/page-policy.js';
import { pageServer } from './pages/page-server.js';

const schema = defineConfig({
  fields: {
    NODE_ENV: env.profile().describe('development, test, staging or production.'),
    HOST: env.string().default('127.0.0.1').describe('Where the pages are served.'),
    PORT: env.port().default(3000).describe('The port of the pages.'),
    TRUSTED_PROXIES: env
      .list(env.string(), { min: 0 })
      .default(['127.0.0.0/8', '::1/128'])
      .describe(
        'Addresses and CIDR ranges of the proxies in front, which say whether a request came by TLS.',
      ),
    PAGES_FOLDER: env.string().default('dist').describe('The built pages.'),
    LOG_LEVEL: env
      .oneOf(['error', 'warn', 'info', 'debug'])
      .default('info')
      .describe('The least severe line written.'),
  },
});

/** The server of built pages, under the strictest headers that they work with. */
export function pagesService(name: string) {
  return createService({
    name,
    version: '1.0.0',
    config: schema,
    logging: ({ LOG_LEVEL }) => ({ level: LOG_LEVEL }),
  })
    .health(() => ({}))
    .security(({ config }) => ({
      clientIp: clientIp({ trust: config.TRUSTED_PROXIES }),
      headers: {
        profile: 'html',
        xssProtection: 'guide-compatible',
        helmet: { contentSecurityPolicy: { useDefaults: false, directives: pagePolicy('none') } },
      },
    }))
    .http(
      ({ config, logger, health, security }) => {
        const pages = pageServer(config.PAGES_FOLDER);
        const probes = healthEndpoints(health);
        const guard = secure(security);
        const requests = requestLog(logger);
        return createServer((req, res) =>
          requests(req, res, () =>
            guard(req, res, (error) =>
              error === undefined ? probes(req, res, () => pages(req, res)) : res.writeHead(500).end(),
            ),
          ),
        );
      },
      ({ config }) => ({ port: config.PORT, host: config.HOST }),
    );
}
