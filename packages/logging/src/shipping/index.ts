export {
  type ElasticsearchClient,
  type ElasticsearchOptions,
  elasticsearch,
} from './elasticsearch-target.js';
export {
  type ForwardClient,
  type ForwardClientSettings,
  type ForwardOptions,
  forward,
} from './forward-target.js';
export { type Shipping, shipping } from './shipping.js';
export type { ShippingOptions } from './shipping-options.js';
export type { ShippingStats } from './shipping-stats.js';
export type { DeliveryOptions, ShippingTarget, SpooledRecord, Verdict } from './shipping-target.js';
