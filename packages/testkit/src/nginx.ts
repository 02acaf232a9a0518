import { existsSync } from 'node:fs';
import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { fillConfig, writeConfig } from './config-file.js';
import { createPlace } from './place.js';
import { portAnswers } from './port-probe.js';
import { programsOf } from './programs.js';
import type { Server } from './server.js';
import { startServer } from './start-server.js';
import { serverUser } from './system-user.js';

export interface StartNginxOptions {
  /** What stands inside `http { … }`. `{{port}}` and `{{folder}}` are filled in; listen on `127.0.0.1:{{port}}`. */
  readonly config?: string;
  /** Instead of `config`: passes everything on to these, `127.0.0.1:3001`, over kept connections. */
  readonly upstreams?: readonly string[];
}

const readOptions = optionsOf<StartNginxOptions>('startNginx', { config: true, upstreams: true });

/**
 * Starts an nginx. `logs()` holds its error log and its access log.
 *
 * @throws ServerUnavailable when it is not installed and cannot be; ServerStartFailed with the end of its log, which says
 * what is wrong with the configuration.
 *
 * @example
 * await using nginx = await startNginx({ upstreams: [`127.0.0.1:${service.port}`] });
 * await fetch(`${nginx.url}/hello`);
 */
export async function startNginx(options: StartNginxOptions): Promise<Server> {
  const { config, upstreams } = readOptions(options);
  if ((config === undefined) === (upstreams === undefined)) {
    throw invalidOption('startNginx', 'config', 'given, or else "upstreams", and not both');
  }
  const programs = await programsOf('nginx');
  const place = await createPlace({ name: 'nginx', user: serverUser('www-data') });
  const http = config ?? passOn(upstreams ?? []);
  const configuration = writeConfig(place, 'nginx.conf', fillConfig(place, around(http)));
  return startServer({
    name: 'nginx',
    place,
    url: `http://127.0.0.1:${place.port}`,
    program: programs.server('nginx'),
    args: ['-p', place.folder, '-e', 'stderr', '-c', configuration],
    cwd: place.folder,
    stopSignal: 'SIGTERM',
    probe: () => portAnswers(place.port),
    secrets: [],
  });
}

/** Everything that nginx would otherwise keep outside its folder. */
function around(http: string): string {
  const types = '/etc/nginx/mime.types';
  return `daemon off;
worker_processes 1;
pid {{folder}}/nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  ${existsSync(types) ? `include ${types};` : ''}
  access_log /dev/stdout;
  client_body_temp_path {{folder}}/body;
  proxy_temp_path {{folder}}/proxy;
  fastcgi_temp_path {{folder}}/fastcgi;
  uwsgi_temp_path {{folder}}/uwsgi;
  scgi_temp_path {{folder}}/scgi;
${http}
}
`;
}

function passOn(upstreams: readonly string[]): string {
  return `  upstream service {
${upstreams.map((upstream) => `    server ${upstream};`).join('\n')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:{{port}};
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }`;
}
