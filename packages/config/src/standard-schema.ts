export {
  isStandardSchema,
  type SchemaInput,
  type SchemaOutput,
  type StandardIssue,
  type StandardResult,
  type StandardSchema,
} from '@seaworthy/contracts';

/** The members of an object schema: zod keeps them in `shape`, Valibot in `entries`. */
export function membersOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return undefined;
  for (const place of ['shape', 'entries']) {
    const members: unknown = Reflect.get(schema, place);
    if (typeof members === 'object' && members !== null) return members as Readonly<Record<string, unknown>>;
  }
  return undefined;
}
