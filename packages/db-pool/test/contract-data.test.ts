import { queryCacheContract } from './contract/query-cache.js';
import { streamsContract } from './contract/streams.js';
import { valuePropertiesContract } from './contract/value-properties.js';
import { valuesContract } from './contract/values.js';
import { describeEngines } from './support/engines.js';

describeEngines({
  values: valuesContract,
  'value properties': valuePropertiesContract,
  streams: streamsContract,
  'query cache': queryCacheContract,
});
