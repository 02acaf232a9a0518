import { join } from 'node:path';
import { run } from '../lib/terminal.mjs';
import { root } from '../lib/workspace.mjs';

/** Formats and sorts imports in place. */
export async function main() {
  await run(join(root, 'node_modules/.bin/biome'), ['check', '--write', '.'], { cwd: root });
  return 0;
}
