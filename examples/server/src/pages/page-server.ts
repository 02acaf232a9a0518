import type { IncomingMessage, ServerResponse } from 'node:http';
import sirv from 'sirv';

/** Vite puts a hash of the content into these names, so what is behind a name never changes. */
const hashed = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

/**
 * Serves the built pages of a single-page application: files as they are, and index.html for every other path that a
 * person may have typed. A missing file with an extension is a 404, because HTML in place of a script helps nobody.
 *
 * @param folder - where index.html is
 */
export function pageServer(folder: string): (req: IncomingMessage, res: ServerResponse) => void {
  const files = sirv(folder, {
    etag: true,
    single: true,
    ignores: [/\.\w+$/],
    setHeaders(res, path) {
      res.setHeader('Cache-Control', hashed.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  return (req, res) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    files(req, res, () => {
      res.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found\n');
    });
  };
}
