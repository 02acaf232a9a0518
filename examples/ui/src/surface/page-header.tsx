import { type ReactNode, useEffect } from 'react';
import { Link } from 'react-router';
import { Icon } from '../icon/icon.js';

export interface PageHeaderProps {
  readonly title: string;
  /** What the browser's tab says, when the title is too long or too personal for it. */
  readonly tabTitle?: string;
  readonly lead?: ReactNode;
  readonly back?: { readonly to: string; readonly label: string };
  readonly actions?: ReactNode;
}

/** The heading of a page; also names the page in the browser's tab. */
export function PageHeader({ title, tabTitle = title, lead, back, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${tabTitle} · ${document.documentElement.dataset.product ?? ''}`;
  }, [tabTitle]);
  return (
    <header className="page-header">
      <div className="page-heading">
        {back !== undefined && (
          <Link to={back.to} className="back-link">
            <Icon name="back" />
            {back.label}
          </Link>
        )}
        <h1>{title}</h1>
        {lead !== undefined && <div className="page-lead">{lead}</div>}
      </div>
      {actions !== undefined && <div className="actions">{actions}</div>}
    </header>
  );
}
