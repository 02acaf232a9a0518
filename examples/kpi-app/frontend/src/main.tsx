import '@seaworthy-example/ui/styles.css';
import './theme.css';
import { createQueryClient, Toaster } from '@seaworthy-example/ui';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { environment } from './api/http.js';
import { createAppRouter } from './router.js';
import { endSession } from './session/session.js';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root".');

// Read by whoever reports a fault from the browser's inspector.
document.documentElement.dataset.version = environment.appVersion;

const queries = createQueryClient(endSession);
if (environment.debugMode) {
  queries.getQueryCache().subscribe(({ query }) => {
    if (query.state.status === 'error') console.warn('query failed', query.queryKey, query.state.error);
  });
}

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Toaster>
        <RouterProvider router={createAppRouter()} />
      </Toaster>
    </QueryClientProvider>
  </StrictMode>,
);
