import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { fillConfig, writeConfig } from './config-file.js';
import { createPlace } from './place.js';
import { portAnswers } from './port-probe.js';
import { programsOf } from './programs.js';
import type { Server } from './server.js';
import { startServer } from './start-server.js';
import { serverUser } from './system-user.js';

export interface StartHaproxyOptions {
  /** The whole configuration. `{{port}}` and `{{folder}}` are filled in; bind to `127.0.0.1:{{port}}`. */
  readonly config?: string;
  /** Instead of `config`: balances over these, `127.0.0.1:3001`. */
  readonly upstreams?: readonly string[];
  /** With `upstreams`: a path that must answer 2xx or 3xx for an upstream to get requests, such as `/readyz`. */
  readonly check?: string;
  /** How often to ask `check`, in milliseconds. @defaultValue 200 */
  readonly checkEveryMs?: number;
}

const readOptions = optionsOf<StartHaproxyOptions>('startHaproxy', {
  config: true,
  upstreams: true,
  check: true,
  checkEveryMs: true,
});

/**
 * Starts an HAProxy, as a load balancer before one service or several. `logs()` holds a line for each request.
 *
 * @throws ServerUnavailable when it is not installed and cannot be; ServerStartFailed with the end of its log.
 *
 * @example
 * await using balancer = await startHaproxy({ upstreams: ['127.0.0.1:3001', '127.0.0.1:3002'], check: '/readyz' });
 */
export async function startHaproxy(options: StartHaproxyOptions): Promise<Server> {
  const { config, upstreams, check, checkEveryMs = 200 } = readOptions(options);
  if ((config === undefined) === (upstreams === undefined)) {
    throw invalidOption('startHaproxy', 'config', 'given, or else "upstreams", and not both');
  }
  const programs = await programsOf('haproxy');
  const place = await createPlace({ name: 'haproxy', user: serverUser('haproxy') });
  const text = config ?? balance(upstreams ?? [], check, checkEveryMs);
  const configuration = writeConfig(place, 'haproxy.cfg', fillConfig(place, text));
  return startServer({
    name: 'haproxy',
    place,
    url: `http://127.0.0.1:${place.port}`,
    program: programs.server('haproxy'),
    // -db: stays in the foreground, one process.
    args: ['-db', '-f', configuration],
    cwd: place.folder,
    stopSignal: 'SIGTERM',
    probe: () => portAnswers(place.port),
    secrets: [],
  });
}

/** No retry of any kind: a test wants to see every failure that a client would see. */
function balance(upstreams: readonly string[], check: string | undefined, everyMs: number): string {
  const checked = check === undefined ? '' : ` check inter ${everyMs}ms fall 1 rise 1`;
  return `global
  log stdout format raw local0
  nbthread 1

defaults
  mode http
  log global
  option httplog
  retries 0
  timeout connect 2s
  timeout client 30s
  timeout server 30s

frontend entry
  bind 127.0.0.1:{{port}}
  default_backend service

backend service
  balance roundrobin
${check === undefined ? '' : `  option httpchk GET ${check}`}
${upstreams.map((upstream, at) => `  server s${at} ${upstream}${checked}`).join('\n')}
`;
}
