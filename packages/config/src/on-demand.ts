import * as rest from './rest.js';

/**
 * Everything that a plain start does without. In the package as Node loads it this opens a second file, once, when it is
 * first called (tsup.config.mjs): reading that file takes longer than a plain start.
 */
export function onDemand(): typeof rest {
  return rest;
}
