import { kpiBackend } from './service.js';

await kpiBackend().run();
