import { AppShell, type ShellLink, useNotify } from '@seaworthy-example/ui';
import { Outlet } from 'react-router';
import { useLeave, useUser } from '../session/session.js';

const links: readonly ShellLink[] = [
  { to: '/', label: 'Dashboard', icon: 'dashboard' },
  { to: '/objectives', label: 'Objectives', icon: 'target' },
  { to: '/teams', label: 'Teams', icon: 'clients' },
];

export function AppLayout() {
  const user = useUser();
  const leave = useLeave();
  const notify = useNotify();
  return (
    <AppShell
      product="Headway"
      layout="rail"
      links={links}
      user={user}
      onSignOut={() => leave.mutate(undefined, { onError: (error) => notify(error.message, 'bad') })}
    >
      <Outlet />
    </AppShell>
  );
}
