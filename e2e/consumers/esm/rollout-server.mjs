// A service whose rollout the consumer of health/testing tries.
import { createServer } from 'node:http';
import { createHealth } from '@seaworthy/health';
import { healthEndpoints } from '@seaworthy/health/node';

const health = createHealth();
const endpoints = healthEndpoints(health);
health
  .serve(createServer((request, response) => endpoints(request, response, () => response.end('hello'))))
  .listen(Number(process.env.PORT), '127.0.0.1');
