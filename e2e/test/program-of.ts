import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside e2e's node_modules, so that the imports resolve as a reader's would. Not committed. */
const programFolder = fileURLToPath(new URL('../.readme/', import.meta.url));

/**
 * Writes a program of a README to a file of its own.
 *
 * @param readme - from the root of the repository: `packages/service/README.md`
 * @param begins - how the program begins
 */
export function programOf(readme: string, begins: string): string {
  const text = readFileSync(fileURLToPath(new URL(`../../${readme}`, import.meta.url)), 'utf8');
  const programs = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code ?? '');
  const code = programs.find((candidate) => candidate.startsWith(begins));
  if (code === undefined) throw new Error(`${readme} has no program that begins with ${begins}`);
  const path = join(programFolder, readme.replaceAll(/\W/g, '-'), `${programs.indexOf(code)}.mjs`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, code);
  return path;
}
