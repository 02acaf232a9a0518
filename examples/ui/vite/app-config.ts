import react from '@vitejs/plugin-react';
import type { UserConfig } from 'vite';
import { refuseUnknownVariables } from './refuse-unknown-variables.js';

export interface AppConfigOptions {
  /** Of the development server. */
  readonly port: number;
  /** Where the development server sends `/api`. */
  readonly apiTarget: string;
  /** The VITE_ variables that may reach the bundle. */
  readonly variables: readonly string[];
}

/** How both applications are built: no source maps, nothing inlined, charts in a chunk of their own. */
export function appConfig({ port, apiTarget, variables }: AppConfigOptions): UserConfig {
  return {
    plugins: [react(), refuseUnknownVariables(variables)],
    server: { port, strictPort: true, proxy: { '/api': apiTarget } },
    preview: { port, strictPort: true, proxy: { '/api': apiTarget } },
    build: {
      // The first versions that know light-dark(); lowering it would double the stylesheet.
      target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
      sourcemap: false,
      // A data: address is not 'self', so the policy would refuse what Vite inlines.
      assetsInlineLimit: 0,
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: [
              {
                name: 'react',
                test: /node_modules[\\/](react|react-dom|react-router|scheduler|@tanstack)[\\/]/,
              },
              { name: 'charts', test: /node_modules[\\/]/ },
              { name: 'ui', test: /examples[\\/]ui[\\/]src/ },
            ],
          },
        },
      },
    },
  };
}
