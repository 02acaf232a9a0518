import { ButtonLink } from '../control/button-link.js';
import { PageHeader } from '../surface/page-header.js';

export function NotFoundPage() {
  return (
    <>
      <PageHeader title="Page not found" lead="The address leads nowhere, or what stood here was removed." />
      <ButtonLink to="/" kind="primary">
        Back to the dashboard
      </ButtonLink>
    </>
  );
}
