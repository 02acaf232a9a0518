import { onDemand } from '../on-demand.js';
import type { sources as fullSources } from '../sources/sources.js';

/**
 * The sources that come with the package.
 *
 * @example
 * schema.load({ sources: [sources.dotenv({ folder: 'config' }), sources.env(), sources.files()] });
 */
export const sources: typeof fullSources = /* @__PURE__ */ Object.freeze({
  dotenv: (...given: Parameters<typeof fullSources.dotenv>) => onDemand().sources.dotenv(...given),
  env: () => onDemand().sources.env(),
  files: () => onDemand().sources.files(),
  directory: (...given: Parameters<typeof fullSources.directory>) => onDemand().sources.directory(...given),
  systemdCredentials: () => onDemand().sources.systemdCredentials(),
});
