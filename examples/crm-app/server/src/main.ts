import { crmServer } from './service.js';

await crmServer().run();
