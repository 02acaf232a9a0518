import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pages from '@fastify/static';
import { ApiError, pagePolicyHeader } from '@seaworthy-example/server';
import type { FastifyInstance } from 'fastify';

/** Files as they are, and index.html for every other path that a person may have typed. */
export async function servePages(app: FastifyInstance, folder: string): Promise<void> {
  // Stricter than that of the API, which is the guide's to the letter.
  const policy = pagePolicyHeader('self');
  const present = existsSync(join(folder, 'index.html'));
  if (present) {
    await app.register(pages, {
      root: folder,
      wildcard: false,
      cacheControl: false,
      setHeaders(reply, path) {
        const hashed = /\/assets\/.+-[\w-]{8,}\.\w+$/.test(path);
        if (path.endsWith('.html')) reply.header('Content-Security-Policy', policy);
        reply.header('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const wantsPage =
      request.method === 'GET' && !request.url.startsWith('/api') && !/\.\w+(?:\?|$)/.test(request.url);
    if (present && wantsPage) return reply.sendFile('index.html');
    throw new ApiError(404, 'NOT_FOUND', 'There is nothing here.');
  });
}
