import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider, type RouterProviderProps } from 'react-router';
import { Toaster } from '../feedback/toaster.js';
import { createQueryClient } from '../http/query-client.js';
import { endSession, refreshSession } from '../session/create-session.js';

export interface MountOptions {
  /** Stands on the document's element, where whoever reports a fault can read it. */
  readonly version: string;
  /** Writes failed queries to the console. */
  readonly debug: boolean;
}

/** Draws an application into the element with the id "root". */
export function mountApp(router: RouterProviderProps['router'], { version, debug }: MountOptions): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('index.html has no element with the id "root".');
  document.documentElement.dataset.version = version;
  const queries = createQueryClient({
    onUnauthorized: endSession,
    onForbidden: (client) => void refreshSession(client),
  });
  if (debug) {
    queries.getQueryCache().subscribe(({ query }) => {
      if (query.state.status === 'error') console.warn('query failed', query.queryKey, query.state.error);
    });
  }
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Toaster>
          <RouterProvider router={router} />
        </Toaster>
      </QueryClientProvider>
    </StrictMode>,
  );
}
