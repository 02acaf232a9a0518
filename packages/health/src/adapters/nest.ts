import type { Health } from '../health.js';

/** A provider for the root module of a Nest application. */
export interface NestShutdownProvider {
  readonly provide: symbol;
  readonly useValue: { onModuleDestroy(): Promise<void> };
}

/**
 * Lets Nest's `enableShutdownHooks()` and a health object share one signal: Nest's hooks wait until the drain is over, and
 * run as a part of the phase `workers`. Without it Nest closes the server and the modules while requests still come.
 *
 * Put it among the providers of the root module, whose hooks run first. `app.close()` outside of a shutdown is as it was.
 *
 * @example
 * @Module({ imports: [DatabaseModule], providers: [nestShutdown(health)] })
 * class AppModule {}
 * const app = await NestFactory.create(AppModule);
 * app.enableShutdownHooks();
 * health.serve(app.getHttpServer());
 */
export function nestShutdown(health: Pick<Health, 'phase' | 'stop' | 'drained'>): NestShutdownProvider {
  let begun = false;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  health.stop('workers', 'nest', async () => {
    await turn(); // both of us heard the same signal, in an order that nobody promises
    if (begun) await finished;
  });
  /** The last that Nest does before it raises the signal again is to take its own listener away. */
  const onRemoved = (event: unknown): void => {
    if (event !== 'SIGTERM' && event !== 'SIGINT') return;
    process.removeListener('removeListener', onRemoved);
    finish();
  };
  return {
    provide: Symbol('@seaworthy/health/nest'),
    useValue: {
      async onModuleDestroy() {
        begun = true;
        await turn();
        begun = health.phase !== 'running';
        if (!begun) return;
        process.on('removeListener', onRemoved);
        await health.drained();
      },
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
