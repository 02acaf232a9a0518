import { execFile } from 'node:child_process';
import type { Logger } from '@seaworthy/contracts';

/** Who started the process and wants to know how it is. */
export interface Supervisor {
  /** Once; later calls do nothing. */
  ready(): void;
  stopping(): void;
}

/** The part of `process` that says who that is. */
export interface SupervisedProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly send?: (message: string, callback: (error: Error | null) => void) => unknown;
}

/**
 * pm2 waits for the message `ready` when `wait_ready` is set; it names itself by `pm_id`. systemd listens on a socket for
 * datagrams, which Node has none of for files, so its own program sends them: `NotifyAccess=all` lets it.
 */
export function createSupervisor(
  { env = {}, send }: SupervisedProcess,
  logger: Logger,
  notify: (args: readonly string[], onFailure: (error: unknown) => void) => void = systemdNotify,
): Supervisor {
  let told = false;

  function tellSystemd(...state: readonly string[]): void {
    if (env.NOTIFY_SOCKET === undefined) return;
    notify(state, (error) => logger.warn('systemd could not be told', { state: state[0], error }));
  }

  return {
    ready() {
      if (told) return;
      told = true;
      // Without a callback a channel that is closed is an error of `process` itself, which would end it.
      if (env.pm_id !== undefined) send?.call(process, 'ready', () => undefined);
      tellSystemd('READY=1');
    },
    stopping() {
      tellSystemd('STOPPING=1');
    },
  };
}

const notifier = 'systemd-notify';

/** It waits until systemd has read the message, or systemd would not know who sent it; 5 s at most. */
function systemdNotify(args: readonly string[], onFailure: (error: unknown) => void): void {
  const child = execFile(notifier, [...args], { timeout: 5_000 }, (error) => {
    if (error !== null) onFailure(error);
  });
  child.unref();
}
