import { answeringDocker, containerArgs, ensureImage } from './docker.js';
import { type Engine, engines, findProgram, isInstalled, unavailable } from './engines.js';
import { ensureEngines, sayOnStderr } from './install.js';
import { type RunProgramOptions, runProgram } from './run-program.js';

/** The program of a server: on this machine, or in an image. */
export type ServerProgram =
  | { readonly kind: 'installed'; readonly path: string }
  | {
      readonly kind: 'container';
      readonly docker: string;
      readonly image: string;
      readonly program: string;
    };

/** How an engine's programs are run here. */
export interface Programs {
  /** Runs one to its end, in its folder. */
  run(program: string, args: readonly string[], options?: RunProgramOptions): Promise<string>;
  /** For one that stays. */
  server(program: string): ServerProgram;
}

/**
 * Finds out how the programs of an engine are run here, installing them or fetching their image first.
 *
 * @param shareable - whether a running server that the environment names would do as well
 * @throws ServerUnavailable when neither is possible.
 */
export async function programsOf(engine: Engine, shareable = false): Promise<Programs> {
  await ensureEngines([{ engine, shareable }]);
  return isInstalled(engine) ? installed(engine) : inContainers(engine);
}

function installed(engine: Engine): Programs {
  const pathOf = (program: string): string => {
    const path = findProgram(program);
    if (path === undefined) throw unavailable([engine], `"${program}" was not found`);
    return path;
  };
  return {
    run: (program, args, options) => runProgram(pathOf(program), args, options),
    server: (program) => ({ kind: 'installed', path: pathOf(program) }),
  };
}

async function inContainers(engine: Engine): Promise<Programs> {
  const { image } = engines[engine];
  const docker = await answeringDocker();
  if (image === undefined || docker === undefined) throw unavailable([engine], 'Docker does not answer');
  await ensureImage(docker, image, sayOnStderr);
  return {
    run(program, args, { user, cwd = '/', env = {}, timeoutMs } = {}) {
      const variables = Object.keys(env);
      // Without a folder of its own it needs none; the image's /tmp is nobody's.
      const folder = cwd === '/' ? '/tmp' : cwd;
      const command = containerArgs({ image, program, args, folder, cwd: folder, user, variables });
      return runProgram(docker, command, { env, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
    },
    server: (program) => ({ kind: 'container', docker, image, program }),
  };
}
