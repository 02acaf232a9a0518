import type { HealthCheck } from '@seaworthy/contracts';
import { certificateFile } from '@seaworthy/health';

/** The certificate with which a proxy serves the application, where a configuration says where it lies. */
export interface ServedCertificate {
  /** Degraded with 21 days left, failed with three. */
  healthCheck(): HealthCheck<'local'>;
  /** Rejects when it has ended: what would be deployed could not be reached. */
  mustNotHaveEnded(signal: AbortSignal): Promise<unknown>;
}

export function servedCertificate(file: string | undefined): ServedCertificate {
  if (file === undefined) {
    return {
      healthCheck: () => ({ kind: 'local', probe: async () => undefined }),
      mustNotHaveEnded: async () => undefined,
    };
  }
  return {
    healthCheck: () => certificateFile(file),
    mustNotHaveEnded: async (signal) => certificateFile(file, { warn: 0, fail: 0 }).probe(signal),
  };
}
