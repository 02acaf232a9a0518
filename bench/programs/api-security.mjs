import { clientIp, createSecurity, policy } from '@seaworthy/security';

export const origin = 'https://app.example.com';
/** High enough that no request of a benchmark is refused. */
export const limit = 1_000_000_000;

/** What issue 7 names: API headers, CORS, client address, one limit in memory and CSRF. */
export function apiSecurity() {
  return createSecurity({
    headers: { profile: 'api' },
    clientIp: clientIp({ trust: ['loopback'] }),
    cors: { origins: origin, credentials: true },
    limits: { policies: [policy('ip', { limit, per: '15m' })] },
  });
}
