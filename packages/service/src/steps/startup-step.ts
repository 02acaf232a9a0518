import { DeadlineError, withDeadline } from '@seaworthy/contracts';
import type { AnyContext, Step } from '../launch.js';
import { ServiceError } from '../service-error.js';

export type Work = (context: AnyContext, signal: AbortSignal) => unknown;

/** How long work that is told to end may still take. Orchestrators leave 30 s for this and for closing what it worked on. */
const endMs = 8_000;

export function startupStep(name: string, work: Work, timeoutMs: number): Step {
  const label = `startup "${name}"`;
  return {
    name,
    label,
    async take({ context, signal }) {
      let working: Promise<unknown> = Promise.resolve();
      const begin = (deadline: AbortSignal): Promise<unknown> => {
        working = Promise.resolve(context).then((given) => work(given, deadline));
        return working;
      };
      try {
        await withDeadline(begin, { timeoutMs, what: label, signal });
      } catch (error) {
        // Whoever opened the database closes it next: not while a migration is in it.
        await ended(working, label, signal);
        throw error;
      }
      context.logger.info('Startup step done', { step: name });
    },
  };
}

/** Resolves when the work is over, well or not. @throws ServiceError `SERVICE_STEP_UNFINISHED` when a stop cannot wait for it. */
async function ended(working: Promise<unknown>, label: string, signal: AbortSignal): Promise<void> {
  try {
    await withDeadline(() => working, { timeoutMs: endMs, what: `the end of ${label}` });
  } catch (error) {
    if (!DeadlineError.is(error) || !signal.aborted) return;
    throw new ServiceError(
      `The service was told to stop, and ${label} went on for ${endMs} ms: what it works on is closed now. Let it end on its signal.`,
      { code: 'SERVICE_STEP_UNFINISHED', cause: error },
    );
  }
}
