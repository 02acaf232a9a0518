// Sends requests from a process of its own, so that the measured process pays for the server alone.
import { Agent, request } from 'node:http';

/**
 * What is asked for, how often, by how many at once. Without `keepAlive` each request has a connection of its own, as from an nginx that
 * was told nothing else.
 *
 * @typedef {{
 *   path: string,
 *   method?: string,
 *   headers?: Record<string, string>,
 *   clients?: number,
 *   keepAlive?: boolean,
 * }} Requests
 */

/** @typedef {Requests & { port: number, times: number }} Order */

process.once('disconnect', () => process.exit());

const agents = new Map();

process.on('message', async (/** @type {Order} */ order) => {
  let left = order.times;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      await once(order);
    }
  };
  await Promise.all(Array.from({ length: order.clients ?? 10 }, client));
  process.send?.('done');
});

/** @param {Order} order @returns {Promise<void>} */
function once({ port, path, method, headers, keepAlive = true }) {
  const agent = agents.get(port) ?? new Agent({ keepAlive });
  agents.set(port, agent);
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`the server answered ${response.statusCode}`));
      response.resume();
      response.on('end', resolve);
    });
    sent.on('error', reject);
    sent.end();
  });
}
