import { createHttpClient } from '@seaworthy-example/ui';
import { readEnvironment } from '../environment.js';

export const environment = readEnvironment(import.meta.env);

export const http = createHttpClient({ baseUrl: environment.apiUrl });
