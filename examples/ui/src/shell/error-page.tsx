import { ErrorSection } from './error-section.js';

/** The error of a route that has no shell around it. */
export function ErrorPage() {
  return (
    <main id="main" className="lone">
      <ErrorSection />
    </main>
  );
}
