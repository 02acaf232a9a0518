import { expect, it } from 'vitest';
import { ApiError } from '../src/http/api-error.js';
import { createQueryClient } from '../src/http/query-client.js';

it('tries a failure that may pass three times in all, and a refusal once', async () => {
  const client = createQueryClient({ onUnauthorized: () => undefined, onForbidden: () => undefined });
  const tries = async (status: number) => {
    let count = 0;
    const queryFn = () => {
      count += 1;
      throw new ApiError('no', { status, code: 'X' });
    };
    await client
      .fetchQuery({ queryKey: [status], queryFn, retry: retryOf(client), retryDelay: 0 })
      .catch(() => undefined);
    return count;
  };
  expect(await tries(503)).toBe(3);
  expect(await tries(0)).toBe(3);
  expect(await tries(422)).toBe(1);
  expect(await tries(401)).toBe(1);
});

it('reports every 401 to whoever ends the session, every 403 to whoever asks what the user may do, and nothing else', async () => {
  const reports: string[] = [];
  const client = createQueryClient({
    onUnauthorized: () => reports.push('ended'),
    onForbidden: () => reports.push('less'),
  });
  const ask = (status: number) =>
    client
      .fetchQuery({
        queryKey: [status],
        queryFn: () => Promise.reject(new ApiError('no', { status, code: 'X' })),
        retry: false,
      })
      .catch(() => undefined);
  for (const status of [400, 403, 404, 401, 500]) await ask(status);
  expect(reports).toEqual(['less', 'ended']);
});

/** `fetchQuery` does not retry by itself; the policy under test is the one that hooks use. */
function retryOf(client: ReturnType<typeof createQueryClient>) {
  const { retry } = client.getDefaultOptions().queries ?? {};
  if (retry === undefined) throw new Error('The client has no policy for retries.');
  return retry;
}
