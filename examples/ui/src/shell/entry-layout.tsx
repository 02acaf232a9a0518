import { type ReactNode, useEffect } from 'react';
import { ThemeToggle } from '../theme/theme-toggle.js';
import { Brand } from './brand.js';

export interface EntryLayoutProps {
  readonly product: string;
  /** What the browser's tab says beside the product. */
  readonly title: string;
  /** What the product is for, in one line. */
  readonly claim: string;
  readonly points: readonly string[];
  readonly children: ReactNode;
}

/** The page before signing in: the form, and what waits behind it. */
export function EntryLayout({ product, title, claim, points, children }: EntryLayoutProps) {
  useEffect(() => {
    document.title = `${title} · ${product}`;
  }, [title, product]);
  return (
    <div className="entry">
      <aside className="entry-aside" aria-label={`About ${product}`}>
        <Brand name={product} />
        <p className="entry-claim">{claim}</p>
        <ul>
          {points.map((point) => (
            <li key={point}>{point}</li>
          ))}
        </ul>
      </aside>
      <main id="main" className="entry-main">
        <div className="entry-tools">
          <Brand name={product} />
          <ThemeToggle />
        </div>
        {children}
      </main>
    </div>
  );
}
