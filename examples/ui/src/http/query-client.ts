import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './api-error.js';

export interface QueryClientOptions {
  /** Called when any request answers 401, so that one place ends the session. */
  readonly onUnauthorized: (client: QueryClient) => void;
  /** Called when any request answers 403: the user may do less than the pages believe. */
  readonly onForbidden: (client: QueryClient) => void;
}

/** Creates the cache of server state: answers stay fresh for 15 s, and only failures that may pass are retried, twice. */
export function createQueryClient({ onUnauthorized, onForbidden }: QueryClientOptions): QueryClient {
  const onError = (error: Error) => {
    if (!(error instanceof ApiError)) return;
    if (error.status === 401) onUnauthorized(client);
    if (error.status === 403) onForbidden(client);
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: { staleTime: 15_000, retry: (failures, error) => failures < 2 && mayPass(error) },
    },
  });
  return client;
}

function mayPass(error: Error): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status >= 500);
}
