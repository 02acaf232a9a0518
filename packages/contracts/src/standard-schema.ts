/** A value that failed, as a schema reports it. The message may quote the value, so it is never shown. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/**
 * The part of Standard Schema 1 (https://standardschema.dev) that the packages use: a zod, Valibot or ArkType schema fits
 * as it is.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

type TypesOf<Schema extends StandardSchema> = NonNullable<Schema['~standard']['types']>;

/** What a schema accepts. */
export type SchemaInput<Schema extends StandardSchema> = TypesOf<Schema>['input'];

/** What a schema gives. */
export type SchemaOutput<Schema extends StandardSchema> = TypesOf<Schema>['output'];

/** Whether `value` is a schema. ArkType's are functions. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = Reflect.get(value, '~standard');
  return typeof standard === 'object' && standard !== null && 'validate' in standard;
}
