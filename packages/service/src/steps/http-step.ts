import { withDeadline } from '@seaworthy/contracts';
import { type HttpApp, type HttpHost, httpHost, type ListenOptions } from '../http-host.js';
import type { AnyContext, Launch, Step } from '../launch.js';
import { openHealth } from './health-step.js';

export type BuildHttp = (context: AnyContext) => HttpApp | PromiseLike<HttpApp>;
export type DeclareListen = (context: AnyContext) => ListenOptions;

export function httpStep(build: BuildHttp, listen: DeclareListen, timeoutMs: number): Step {
  return {
    name: 'http',
    label: 'http',
    async take(launch) {
      const health = launch.context.health ?? openHealth(launch, {});
      launch.context = { ...launch.context, health };
      const host = await built(launch, build, timeoutMs);
      health.serve(host.server);
      // After the drain nobody is connected any more; what remains are the framework's own hooks.
      health.stop('workers', 'http', () => host.close());
      const url = await opened(launch, host, listen, timeoutMs);
      launch.http = { host, url };
      launch.context.logger.info('Listening', { url });
      return undefined;
    },
  };
}

async function built({ context, signal }: Launch, build: BuildHttp, timeoutMs: number): Promise<HttpHost> {
  const building = Promise.resolve(context).then(build).then(httpHost);
  return orCloseLate(
    building,
    withDeadline(() => building, { timeoutMs, what: 'building http', signal }),
    (host) => host.close(),
  );
}

async function opened(
  { context, signal }: Launch,
  host: HttpHost,
  listen: DeclareListen,
  timeoutMs: number,
): Promise<string> {
  signal.throwIfAborted();
  const listening = host.listen(listen(context));
  return orCloseLate(
    listening,
    withDeadline(() => listening, { timeoutMs, what: 'opening the port of http', signal }),
    () => host.close(),
  );
}

/** What comes after its deadline has nobody who would close it: no port may open behind a start that failed. */
async function orCloseLate<T>(
  late: Promise<T>,
  inTime: Promise<T>,
  close: (value: T) => Promise<void>,
): Promise<T> {
  try {
    return await inTime;
  } catch (error) {
    late.then(close).catch(() => undefined);
    throw error;
  }
}
