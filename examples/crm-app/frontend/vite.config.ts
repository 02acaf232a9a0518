import { defineConfig } from 'vite';
import { appConfig } from '../../ui/vite/app-config.js';
import { variableNames } from './src/environment.js';

export default defineConfig(
  appConfig({ port: 4001, apiTarget: 'http://127.0.0.1:4000', variables: variableNames }),
);
