import { valuePropertiesContract } from './contract/value-properties.js';
import { describeEngines } from './support/engines.js';

describeEngines({ 'value properties': valuePropertiesContract });
