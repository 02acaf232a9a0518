import type { ReactNode } from 'react';
import { Icon } from '../icon/icon.js';

/** What is wrong with a whole form, or a warning above a page; read out as soon as it appears. */
export function Alert({ children }: { readonly children: ReactNode }) {
  return (
    <div className="alert" role="alert">
      <Icon name="alert" />
      <div>{children}</div>
    </div>
  );
}
