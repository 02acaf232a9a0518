import { AppLayout as Layout, type ShellLink } from '@seaworthy-example/ui';
import { mayAdminister } from '../session/permissions.js';
import { session } from '../session/session.js';

const links: readonly ShellLink[] = [
  { to: '/', label: 'Dashboard', icon: 'dashboard' },
  { to: '/objectives', label: 'Objectives', icon: 'target' },
  { to: '/teams', label: 'Teams', icon: 'clients' },
];

const users: ShellLink = { to: '/users', label: 'Users', icon: 'shield' };

export function AppLayout() {
  return (
    <Layout
      session={session}
      product="Headway"
      layout="rail"
      links={(user) => (mayAdminister(user) ? [...links, users] : links)}
    />
  );
}
