import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Engine, engines, findProgram } from './engines.js';
import type { SystemUser } from './system-user.js';

const run = promisify(execFile);

/** `yes` lets servers that are neither here nor can be installed run in containers. */
export const dockerVariable = 'SEAWORTHY_DOCKER';

const answerTimeoutMs = 10_000;
const pullTimeoutMs = 10 * 60_000;

/** The client's path, when its daemon answers. */
export async function answeringDocker(): Promise<string | undefined> {
  const docker = findProgram('docker');
  if (docker === undefined) return undefined;
  try {
    await run(docker, ['version', '--format', '{{.Server.Version}}'], { timeout: answerTimeoutMs });
    return docker;
  } catch {
    return undefined; // a client without a daemon
  }
}

/** Which of these engines there are images of. */
export function inDocker(wanted: readonly Engine[]): readonly Engine[] {
  return wanted.filter((engine) => engines[engine].image !== undefined);
}

/** Fetches an image that is not here yet, after saying so. */
export async function ensureImage(
  docker: string,
  image: string,
  onProgress: (line: string) => void,
): Promise<void> {
  try {
    await run(docker, ['image', 'inspect', '--format', '{{.Id}}', image], { timeout: answerTimeoutMs });
  } catch {
    onProgress(`Fetching the image ${image} with Docker.`);
    await run(docker, ['pull', '--quiet', image], { timeout: pullTimeoutMs });
  }
}

export interface ContainerOptions {
  readonly image: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Left out where nobody has to find the container again. */
  readonly name?: string;
  /** The only folder that it shares with us, under the same path. */
  readonly folder: string;
  readonly cwd: string;
  readonly user: SystemUser | undefined;
  /** Names of variables that the client has; their values stay out of the command line. */
  readonly variables: readonly string[];
}

/**
 * The arguments of `docker run` for one of an engine's programs. It sees our network and its folder under our path, so that
 * configuration, port and URL are those of an installed server; it runs as the same user, whom it knows from /etc/passwd.
 */
export function containerArgs(options: ContainerOptions): readonly string[] {
  const { image, program, args, name, folder, cwd, user, variables } = options;
  const { uid, gid } = user ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return [
    ...['run', '--rm', ...(name === undefined ? [] : ['--name', name])],
    ...['--network', 'host', '--user', `${uid}:${gid}`, '--workdir', cwd],
    ...['--volume', `${folder}:${folder}`, '--volume', '/etc/passwd:/etc/passwd:ro'],
    ...variables.flatMap((variable) => ['--env', variable]),
    ...['--entrypoint', program, image, ...args],
  ];
}
