import { AppLayout as Layout, type ShellLink } from '@seaworthy-example/ui';
import { mayAdminister } from '../session/permissions.js';
import { session } from '../session/session.js';

const links: readonly ShellLink[] = [
  { to: '/', label: 'Dashboard', icon: 'dashboard' },
  { to: '/invoices', label: 'Invoices', icon: 'invoice' },
  { to: '/clients', label: 'Clients', icon: 'clients' },
];

const users: ShellLink = { to: '/users', label: 'Users', icon: 'shield' };

export function AppLayout() {
  return (
    <Layout
      session={session}
      product="Purser"
      layout="bar"
      links={(user) => (mayAdminister(user) ? [...links, users] : links)}
    />
  );
}
