import { type DirectoryOptions, directorySource, systemdCredentialsSource } from './directory.js';
import { type DotenvOptions, dotenvSource } from './dotenv.js';
import { environmentSource } from './environment.js';
import { filesSource } from './files.js';
import type { Source } from './source.js';

/**
 * The sources that come with the package.
 *
 * @example
 * schema.load({ sources: [sources.dotenv({ folder: 'config' }), sources.env(), sources.files()] });
 */
export const sources: {
  /** `.env`, `.env.local`, `.env.<profile>`, `.env.<profile>.local`. */
  readonly dotenv: (options?: DotenvOptions) => Source;
  /** The process environment. */
  readonly env: () => Source;
  /** The file that `X_FILE` names gives `X`. Stands after the sources that may set `X_FILE`. */
  readonly files: () => Source;
  /** A folder with one file a variable: `/run/secrets` of Docker, a mounted secret of Kubernetes. */
  readonly directory: (folder: string, options?: DirectoryOptions) => Source;
  /** What systemd hands over with `LoadCredential=`. Nothing outside of systemd. */
  readonly systemdCredentials: () => Source;
} = Object.freeze({
  dotenv: dotenvSource,
  env: environmentSource,
  files: filesSource,
  directory: directorySource,
  systemdCredentials: systemdCredentialsSource,
});

/** Later wins. */
export function defaultSources(): readonly Source[] {
  return [sources.dotenv(), sources.env(), sources.files()];
}
