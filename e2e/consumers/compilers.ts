import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** Scripts that are TypeScript: the repository's own two, and 5.9, which the consumers install under another name. */
export const compilers = {
  '5.9': (folder: string) => join(folder, 'node_modules/typescript5/bin/tsc'),
  '6': () => join(modules, 'typescript/bin/tsc6'),
  '7': () => join(modules, '@typescript/native/bin/tsc'),
} as const;

export type Compiler = keyof typeof compilers;

export interface Setting {
  readonly compiler: Compiler;
  /** Of the consumer's package.json. */
  readonly type: 'module' | 'commonjs';
  readonly flags: string;
  /** Whether `npm test` compiles under it, too: once for each way to resolve modules, and the oldest compiler. */
  readonly inTest: boolean;
}

/** Under each of these a consumer compiles strictly, with `skipLibCheck: false`, and what comes out runs. */
export const settings: readonly Setting[] = [
  { compiler: '7', type: 'module', flags: '--module nodenext', inTest: true },
  { compiler: '7', type: 'module', flags: '--module preserve --moduleResolution bundler', inTest: true },
  { compiler: '7', type: 'commonjs', flags: '--module nodenext', inTest: false },
  { compiler: '6', type: 'module', flags: '--module esnext --moduleResolution bundler', inTest: false },
  { compiler: '5.9', type: 'module', flags: '--module node16', inTest: false },
  { compiler: '5.9', type: 'commonjs', flags: '--module commonjs --moduleResolution node10', inTest: true },
];
