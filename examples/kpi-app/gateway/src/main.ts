import { kpiGateway } from './service.js';

await kpiGateway().run();
