export type { SchemaOutput, StandardIssue, StandardResult, StandardSchema } from '@seaworthy/contracts';
export {
  type InputOf,
  type InputParts,
  type InputResult,
  type InputSchemas,
  inputCheck,
} from './check-input.js';
export type { InputCode, InputField, InputPart, InputRefusal } from './input-refusal.js';
export { type JsonBodiesOptions, type JsonBody, jsonBodyReader } from './json-body.js';
