import { describe } from 'vitest';
import type { HttpHost } from './host.js';
import { httpHosts } from './http-hosts.js';

/**
 * Runs one file of behaviours against every host, each in a `describe` of its own named `<title> on <host>`.
 *
 * @example
 * describeHttpContract('security headers', (host) => {
 *   test('sends nosniff with every answer', async () => {
 *     await using service = await host.serve({
 *       node: (app) => app.use(nodeHeaders()),
 *       express: (app) => void app.use(expressHeaders()),
 *       fastify: (app) => void app.register(fastifyHeaders),
 *     });
 *     expect((await fetch(`${service.url}/hello`)).headers.get('x-content-type-options')).toBe('nosniff');
 *   });
 * });
 */
export function describeHttpContract(title: string, suite: (host: HttpHost) => void): void {
  for (const host of httpHosts) describe(`${title} on ${host.name}`, () => suite(host));
}
