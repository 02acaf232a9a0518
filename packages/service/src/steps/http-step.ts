import { type HttpApp, httpHost, type ListenOptions } from '../http-host.js';
import type { AnyContext, Step } from '../launch.js';
import { openHealth } from './health-step.js';

export type BuildHttp = (context: AnyContext) => HttpApp | PromiseLike<HttpApp>;
export type DeclareListen = (context: AnyContext) => ListenOptions;

export function httpStep(build: BuildHttp, listen: DeclareListen): Step {
  return {
    name: 'http',
    label: 'http',
    async take(launch) {
      const health = launch.context.health ?? openHealth(launch, {});
      launch.context = { ...launch.context, health };
      const host = httpHost(await build(launch.context));
      health.serve(host.server);
      // After the drain nobody is connected any more; what remains are the framework's own hooks.
      health.stop('workers', 'http', () => host.close());
      launch.signal.throwIfAborted();
      const url = await host.listen(listen(launch.context));
      launch.http = { host, url };
      launch.context.logger.info('Listening', { url });
      return undefined;
    },
  };
}
