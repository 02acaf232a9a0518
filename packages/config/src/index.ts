export { ConfigError } from './config-error.js';
export type { ConfigSchema } from './config-schema.js';
export type {
  ClientNames,
  ConfigOf,
  ConfigOptions,
  Fields,
  ObjectSchema,
  WholeConfigOf,
  WholeSchemaOptions,
} from './define-config.js';
export type {
  ClientField,
  DefaultOptions,
  Exposure,
  Field,
  PlainField,
  SecretField,
  SecretOptions,
  TextField,
} from './field.js';
export type { BytesOptions, Duration, DurationOptions } from './fields/amounts.js';
export type { ListOptions } from './fields/list.js';
export type { NumberOptions, PortOptions } from './fields/numbers.js';
export type { SchemaField } from './fields/schema.js';
export type { StringOptions } from './fields/string.js';
export type { UrlOptions } from './fields/url.js';
export type { JsonSchema, JsonSchemaProperty } from './json-schema.js';
export type { LoadAsyncOptions, LoadOptions, VariableOrigin } from './load.js';
export type { Problem, ProblemCode } from './problem.js';
export { type Profile, type ProfileOptions, profiles } from './profile.js';
export type { Demands, Rule, RuleBuilder, RuleCondition } from './rules.js';
export type { DirectoryOptions } from './sources/directory.js';
export type { DotenvOptions } from './sources/dotenv.js';
export type { FileReader, Folder } from './sources/file-reader.js';
export type { Origin } from './sources/origin.js';
export type { FileFault, TextFile } from './sources/read-text-file.js';
export type {
  RemoteContext,
  RemoteReading,
  RemoteSource,
  Source,
  SourceContext,
  SourceEntry,
  SourceFault,
  SourceReading,
  SourceValue,
} from './sources/source.js';
export type { StandardIssue, StandardResult, StandardSchema } from './standard-schema.js';
export { defineConfig } from './start/define-config.js';
export { env } from './start/env.js';
export { sources } from './start/sources.js';
export type { TextShape } from './text-shape.js';
export type { UnknownOptions } from './unknown-variables.js';
export type { ConfigChange, ConfigWatch, WatchOptions } from './watch/config-watch.js';
