import { queryCacheContract } from './contract/query-cache.js';
import { describeEngines } from './support/engines.js';

describeEngines({ 'query cache': queryCacheContract });
