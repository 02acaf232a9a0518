import { invalidOption, withDeadline } from '@seaworthy/contracts';
import type { AnyContext, Step } from '../launch.js';
import type { Resource } from '../service-builder.js';

export type Open = (context: AnyContext) => Resource | PromiseLike<Resource>;

export function resourceStep(name: string, open: Open, timeoutMs: number): Step {
  const label = `resource "${name}"`;
  return {
    name,
    label,
    async take({ context, opened, signal }) {
      const opening = Promise.resolve(context).then(open);
      try {
        const resource = await withDeadline(() => opening, { timeoutMs, what: `opening ${label}`, signal });
        if (typeof Object(resource).close !== 'function') {
          throw invalidOption(label, 'open', 'a function that returns something with close()');
        }
        opened.add(name, () => resource.close());
        const first = (deadline: AbortSignal) => resource.ready?.({ signal: deadline });
        await withDeadline(first, { timeoutMs, what: `${label} becoming ready`, signal });
        return resource;
      } catch (error) {
        closeWhenLate(opening, opened.has(name));
        throw error;
      }
    },
  };
}

/** A resource that opens after its deadline has nobody who would close it. */
function closeWhenLate(opening: Promise<Resource>, known: boolean): void {
  if (known) return;
  opening.then((resource) => resource.close()).catch(() => undefined);
}
