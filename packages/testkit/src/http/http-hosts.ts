import { express4Host, express5Host } from './express-host.js';
import { fastify5Host } from './fastify-host.js';
import type { HttpHost, Mount } from './host.js';
import { nodeHost } from './node-host.js';

const hosts: readonly (readonly [HttpHost, keyof Mount])[] = [
  [nodeHost, 'node'],
  [express4Host, 'express'],
  [express5Host, 'express'],
  [fastify5Host, 'fastify'],
];

/** node:http, Express 4, Express 5 and Fastify 5, each with the same routes. */
export const httpHosts: readonly HttpHost[] = hosts.map(([host, part]) => ({
  name: host.name,
  async serve(mount: Mount = {}) {
    const isFor = hosts.map(([, own]) => own).filter((own) => mount[own] !== undefined);
    if (isFor.length > 0 && !isFor.includes(part)) {
      throw new Error(`The mount has no "${part}", so nothing of it would run on ${host.name}.`);
    }
    return host.serve(mount);
  },
}));
