import { Outlet } from 'react-router';
import { useNotify } from '../feedback/toaster.js';
import type { Session } from '../session/create-session.js';
import { AppShell, type ShellLink } from './app-shell.js';

interface AppLayoutProps<User extends { readonly name: string; readonly role: string }> {
  readonly session: Pick<Session<User>, 'useUser' | 'useLeave'>;
  readonly product: string;
  readonly layout: 'rail' | 'bar';
  /** Where a user may go. */
  readonly links: (user: User) => readonly ShellLink[];
}

/** The shell around the pages of whoever is signed in. */
export function AppLayout<User extends { readonly name: string; readonly role: string }>({
  session,
  product,
  layout,
  links,
}: AppLayoutProps<User>) {
  const user = session.useUser();
  const leave = session.useLeave();
  const notify = useNotify();
  return (
    <AppShell
      product={product}
      layout={layout}
      links={links(user)}
      user={user}
      onSignOut={() => leave.mutate(undefined, { onError: (error) => notify(error.message, 'bad') })}
    >
      <Outlet />
    </AppShell>
  );
}
