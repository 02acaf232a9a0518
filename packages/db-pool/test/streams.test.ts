import { streamsContract } from './contract/streams.js';
import { describeEngines } from './support/engines.js';

describeEngines({ streams: streamsContract });
