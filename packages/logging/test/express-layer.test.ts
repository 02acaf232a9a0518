import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { type Layer, readerOf } from '../src/requests/express-layer.js';

interface Router {
  use(path: unknown, handle: () => void): void;
  readonly stack: readonly Layer[];
}

const load = createRequire(import.meta.url);

test.each(['express4', 'express'])(
  'a mount of %s knows its template, so that no path has to be matched',
  (name) => {
    const router: Router = load(name).Router();
    const paths = ['/api/v1', '/tenants/:tenant', '/a/:b/c-:d', '/x.y/:z', '/api', '/v:n', '/f/:name.json'];
    for (const path of paths) router.use(path, () => undefined);
    expect(router.stack.map((layer) => readerOf(layer).template)).toEqual(paths);
  },
);

test.each(['express4', 'express'])('a mount of %s by expressions or several paths asks the path', (name) => {
  const router: Router = load(name).Router();
  for (const path of [/^\/v(\d+)/, ['/one/:a', '/two/:b']]) router.use(path, () => undefined);
  expect(router.stack.map((layer) => readerOf(layer).template)).toEqual([undefined, undefined]);
  const [expression, several] = router.stack.map(readerOf);
  expect(expression?.read('/v22/x')).toEqual({ length: 4, parts: [{ name: '0', start: 2, end: 4 }] });
  expect(several?.read('/two/x/y')).toMatchObject({ length: 6, parts: [{ name: 'b', start: 5, end: 6 }] });
});
