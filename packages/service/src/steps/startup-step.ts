import { withDeadline } from '@seaworthy/contracts';
import type { AnyContext, Step } from '../launch.js';

export type Work = (context: AnyContext, signal: AbortSignal) => unknown;

export function startupStep(name: string, work: Work, timeoutMs: number): Step {
  const label = `startup "${name}"`;
  return {
    name,
    label,
    async take({ context, signal }) {
      await withDeadline((deadline) => work(context, deadline), { timeoutMs, what: label, signal });
      context.logger.info('Startup step done', { step: name });
    },
  };
}
