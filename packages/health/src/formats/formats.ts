import { flat } from './flat.js';
import type { Format, FormatName } from './format.js';
import { healthJson } from './health-json.js';
import { nested } from './nested.js';

export const formats: Readonly<Record<FormatName, Format>> = { 'health+json': healthJson, flat, nested };
