import type { ButtonHTMLAttributes } from 'react';
import { Icon, type IconName } from '../icon/icon.js';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** @defaultValue 'secondary' */
  readonly kind?: ButtonKind;
  readonly icon?: IconName;
  /** Shows that the action is under way; the button stays focusable and ignores clicks. */
  readonly busy?: boolean;
}

export function Button({ kind = 'secondary', icon, busy = false, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={`button button-${kind}`}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : rest.onClick}
    >
      {icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}
