import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, resolveConfig } from 'vite';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

it('[row 114] serves development on port 3000 and proxies /api with its cookies to port 3001', async () => {
  const { server: declared } = await resolveConfig({ root, logLevel: 'error' }, 'serve');
  expect(declared.port).toBe(3000);
  expect(declared.proxy).toEqual({ '/api': 'http://127.0.0.1:3001' });

  // The same proxy on spare ports, because 3000 and 3001 may be taken on the machine that runs this.
  const api = createHttpServer((request, response) => {
    response.setHeader('set-cookie', 'session=new; HttpOnly; SameSite=Lax');
    response.end(JSON.stringify({ path: request.url, cookie: request.headers.cookie }));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const target = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const vite = await createServer({
    root,
    logLevel: 'error',
    optimizeDeps: { noDiscovery: true },
    server: { host: '127.0.0.1', port: 0, strictPort: false, proxy: { '/api': target }, watch: null },
  });
  try {
    await vite.listen();
    const address = vite.httpServer?.address();
    if (typeof address !== 'object' || address === null)
      throw new Error('The development server has no port.');
    const answer = await fetch(`http://127.0.0.1:${address.port}/api/me`, {
      headers: { cookie: 'session=old' },
    });
    expect(await answer.json()).toEqual({ path: '/api/me', cookie: 'session=old' });
    expect(answer.headers.get('set-cookie')).toBe('session=new; HttpOnly; SameSite=Lax');
  } finally {
    await vite.close();
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
  }
});
