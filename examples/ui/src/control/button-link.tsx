import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { Icon, type IconName } from '../icon/icon.js';
import type { ButtonKind } from './button.js';

export interface ButtonLinkProps {
  readonly to: string;
  /** @defaultValue 'secondary' */
  readonly kind?: ButtonKind;
  readonly icon?: IconName;
  readonly children: ReactNode;
}

/** Leads to another page but looks like a button. */
export function ButtonLink({ to, kind = 'secondary', icon, children }: ButtonLinkProps) {
  return (
    <Link to={to} className={`button button-${kind}`}>
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </Link>
  );
}
