import { size } from '@seaworthy/testkit';
import { nodes } from '../../tools/node-matrix/index.mjs';

const all = nodes();

/** `npm test` tries the oldest and the newest Node; the soak, and the hosted workflow, all of them. */
export const triedNodes = size({ test: [...all.slice(0, 1), ...all.slice(-1)], soak: all });
