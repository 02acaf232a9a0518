import { createSecurity, type SecurityOptions } from '@seaworthy/security';
import type { AnyContext, Step } from '../launch.js';

export type DeclareSecurity = (context: AnyContext) => SecurityOptions;

export function securityStep(declare: DeclareSecurity): Step {
  return {
    name: 'security',
    label: 'security',
    async take({ context, opened }) {
      const { environment, logger } = context;
      const security = createSecurity({ environment, ...declare(context), logger });
      opened.add('security', () => security.close());
      return security;
    },
  };
}
