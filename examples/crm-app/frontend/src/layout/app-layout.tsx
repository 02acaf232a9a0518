import { AppShell, type ShellLink, useNotify } from '@seaworthy-example/ui';
import { Outlet } from 'react-router';
import { useLeave, useUser } from '../session/session.js';

const links: readonly ShellLink[] = [
  { to: '/', label: 'Dashboard', icon: 'dashboard' },
  { to: '/invoices', label: 'Invoices', icon: 'invoice' },
  { to: '/clients', label: 'Clients', icon: 'clients' },
];

export function AppLayout() {
  const user = useUser();
  const leave = useLeave();
  const notify = useNotify();
  return (
    <AppShell
      product="Purser"
      layout="bar"
      links={links}
      user={user}
      onSignOut={() => leave.mutate(undefined, { onError: (error) => notify(error.message, 'bad') })}
    >
      <Outlet />
    </AppShell>
  );
}
