import { ErrorPage, ErrorSection, NotFoundPage, Splash } from '@seaworthy-example/ui';
import { createBrowserRouter } from 'react-router';
import { LoginPage } from './entry/login-page.js';
import { RequireSession } from './session/session.js';

/** Every page but the login comes when it is first opened. */
export function createAppRouter() {
  return createBrowserRouter([
    {
      ErrorBoundary: ErrorPage,
      HydrateFallback: Splash,
      children: [
        { path: '/login', Component: LoginPage },
        {
          Component: RequireSession,
          children: [
            {
              lazy: async () => ({ Component: (await import('./layout/app-layout.js')).AppLayout }),
              children: [{ ErrorBoundary: ErrorSection, children: pages }],
            },
          ],
        },
      ],
    },
  ]);
}

const pages = [
  {
    path: '/',
    lazy: async () => ({ Component: (await import('./dashboard/dashboard-page.js')).DashboardPage }),
  },
  {
    path: '/clients',
    lazy: async () => ({ Component: (await import('./clients/clients-page.js')).ClientsPage }),
  },
  {
    path: '/clients/:id',
    lazy: async () => ({ Component: (await import('./clients/client-page.js')).ClientPage }),
  },
  {
    path: '/invoices',
    lazy: async () => ({ Component: (await import('./invoices/invoices-page.js')).InvoicesPage }),
  },
  {
    path: '/invoices/new',
    lazy: async () => ({ Component: (await import('./invoices/new-invoice-page.js')).NewInvoicePage }),
  },
  {
    path: '/invoices/:id',
    lazy: async () => ({ Component: (await import('./invoices/invoice-page.js')).InvoicePage }),
  },
  { path: '/users', lazy: async () => ({ Component: (await import('./users/users-page.js')).UsersPage }) },
  { path: '*', Component: NotFoundPage },
];
