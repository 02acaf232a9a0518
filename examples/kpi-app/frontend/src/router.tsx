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
          path: '/register',
          lazy: async () => ({ Component: (await import('./entry/register-page.js')).RegisterPage }),
        },
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
    path: '/objectives',
    lazy: async () => ({ Component: (await import('./objectives/objectives-page.js')).ObjectivesPage }),
  },
  {
    path: '/objectives/:id',
    lazy: async () => ({ Component: (await import('./objectives/objective-page.js')).ObjectivePage }),
  },
  { path: '/teams', lazy: async () => ({ Component: (await import('./teams/teams-page.js')).TeamsPage }) },
  { path: '/teams/:id', lazy: async () => ({ Component: (await import('./teams/team-page.js')).TeamPage }) },
  { path: '/users', lazy: async () => ({ Component: (await import('./users/users-page.js')).UsersPage }) },
  { path: '*', Component: NotFoundPage },
];
