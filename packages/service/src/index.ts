export { createService } from './create-service.js';
export type { FastifyLike, HttpApp, ListenOptions } from './http-host.js';
export type {
  FinishedServiceBuilder,
  Resource,
  RunningService,
  ServiceBuilder,
  StepOptions,
} from './service-builder.js';
export { ServiceError } from './service-error.js';
export type { BaseContext, ServiceOptions } from './service-options.js';
