import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, NavLink, useLocation } from 'react-router';
import { Icon, type IconName } from '../icon/icon.js';
import { Avatar } from '../surface/avatar.js';
import { ThemeToggle } from '../theme/theme-toggle.js';
import { Brand } from './brand.js';
import { SkipLink } from './skip-link.js';

export interface ShellLink {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
}

export interface AppShellProps {
  readonly product: string;
  /** Navigation as a column at the side or as a bar at the top; a narrow screen folds either. */
  readonly layout: 'rail' | 'bar';
  readonly links: readonly ShellLink[];
  readonly user: { readonly name: string; readonly role: string };
  readonly onSignOut: () => void;
  readonly children: ReactNode;
}

/** What stands around every page of a signed-in user; moves the focus to the page when the address changes. */
export function AppShell({ product, layout, links, user, onSignOut, children }: AppShellProps) {
  const { pathname } = useLocation();
  const [menuPath, setMenuPath] = useState<string>();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  const menuOpen = menuPath === pathname; // following a link closes the menu

  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  return (
    <div className={`shell shell-${layout}`}>
      <SkipLink />
      <header className="shell-header" data-open={menuOpen || undefined}>
        <div className="shell-brand">
          <Link to="/" aria-label={`${product}: dashboard`}>
            <Brand name={product} />
          </Link>
          <button
            type="button"
            className="icon-button shell-menu-button"
            aria-expanded={menuOpen}
            aria-controls="shell-menu"
            aria-label="Menu"
            onClick={() => setMenuPath(menuOpen ? undefined : pathname)}
          >
            <Icon name={menuOpen ? 'close' : 'menu'} />
          </button>
        </div>
        <div id="shell-menu" className="shell-menu">
          <nav aria-label="Main">
            <ul className="shell-links">
              {links.map(({ to, label, icon }) => (
                <li key={to}>
                  <NavLink to={to} end={to === '/'}>
                    <Icon name={icon} />
                    {label}
                  </NavLink>
                </li>
              ))}
            </ul>
          </nav>
          <div className="shell-user">
            <Avatar name={user.name} />
            <div className="shell-user-text">
              <span className="shell-user-name">{user.name}</span>
              <span className="shell-user-role">{user.role}</span>
            </div>
            <ThemeToggle />
            <button type="button" className="icon-button" aria-label="Sign out" onClick={onSignOut}>
              <Icon name="exit" />
            </button>
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className="shell-main">
        {children}
      </main>
    </div>
  );
}
