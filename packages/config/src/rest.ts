// What a start does without when nothing is wrong: the second file of the built package.
export { declareConfig } from './define-config.js';
export { env } from './env.js';
export { sources } from './sources/sources.js';
