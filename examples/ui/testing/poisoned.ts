import type { FakeRoutes } from './fake-api.js';

/** Text that would run in a page that trusts what users typed. Sets `window.poisoned` when it does. */
export const poison =
  '<img src="/nowhere.png" onerror="window.poisoned = true"><script>window.poisoned = true</script>';

/** Answers as `routes` do, with the poison in every field that bears one of the names. */
export function poisoned(routes: FakeRoutes, names: readonly string[]): FakeRoutes {
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        typeof inner === 'string' && names.includes(name) ? poison : replace(inner),
      ]),
    );
  };
  return Object.fromEntries(
    Object.entries(routes).map(([key, handle]) => [
      key,
      (request) => {
        const answer = handle(request);
        return answer.body === undefined ? answer : { ...answer, body: replace(answer.body) as object };
      },
    ]),
  );
}
