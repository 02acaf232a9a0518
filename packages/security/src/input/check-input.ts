import {
  invalidOption,
  isStandardSchema,
  optionsOf,
  type SchemaOutput,
  type StandardIssue,
  type StandardSchema,
} from '@seaworthy/contracts';
import sjson from 'secure-json-parse';
import {
  type InputField,
  type InputPart,
  type InputRefusal,
  refuseBody,
  refuseFields,
} from './input-refusal.js';

/** What a route takes: a Standard Schema for each part that it reads. */
export interface InputSchemas {
  readonly body?: StandardSchema;
  readonly query?: StandardSchema;
  readonly params?: StandardSchema;
  /** Of the headers by their lower-case names; let it pass over those that it does not know. */
  readonly headers?: StandardSchema;
}

/** What the schemas made of a request; parts without a schema are not there. */
export type InputOf<Schemas extends InputSchemas> = {
  readonly [Part in keyof Schemas & InputPart]: SchemaOutput<NonNullable<Schemas[Part]>>;
};

export type InputParts = Readonly<Record<InputPart, unknown>>;

export type InputResult<Schemas extends InputSchemas> =
  | { readonly ok: true; readonly value: InputOf<Schemas> }
  | { readonly ok: false; readonly refusal: InputRefusal };

const parts = ['body', 'query', 'params', 'headers'] as const;

const readSchemas = optionsOf<InputSchemas>('validated', {
  body: true,
  query: true,
  params: true,
  headers: true,
});

/**
 * Compiles the check of a route's input. All parts are looked at before anything is refused, so that a client learns of all
 * mistakes at once.
 *
 * @throws OptionsError for what is no Standard Schema.
 */
export function inputCheck<Schemas extends InputSchemas>(
  schemas: Schemas,
): (input: InputParts) => Promise<InputResult<Schemas>> {
  readSchemas(schemas);
  const checks = parts.flatMap((part) => {
    const schema: unknown = schemas[part];
    if (schema === undefined) return [];
    if (!isStandardSchema(schema))
      throw invalidOption('validated', part, 'a Standard Schema: zod, Valibot, ArkType');
    return [{ part, schema }];
  });
  return async (input) => {
    const fields: InputField[] = [];
    let complaints = 0;
    const value: Partial<Record<InputPart, unknown>> = {};
    for (const { part, schema } of checks) {
      if (part !== 'body' && hasForbiddenKey(input[part]))
        return { ok: false, refusal: refuseBody('FORBIDDEN_KEY') };
      const result = await schema['~standard'].validate(input[part]);
      if (result.issues === undefined) {
        value[part] = result.value;
        continue;
      }
      const issues = result.issues.length === 0 ? [unsaid] : result.issues;
      const looked = issues.slice(0, Math.max(0, maxLooked - complaints));
      for (const issue of looked) fields.push(fieldOf(part, issue, input[part]));
      complaints += issues.length;
    }
    if (complaints > 0) {
      const unseen = Math.max(0, complaints - maxLooked);
      return { ok: false, refusal: refuseFields(unique(fields), unseen) };
    }
    return { ok: true, value: value as InputOf<Schemas> };
  };
}

/** Bodies were looked at when they were parsed. */
function hasForbiddenKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return sjson.scan(value, { safe: true }) === null;
}

/** The complaint of a schema that refuses and does not say why. */
const unsaid: StandardIssue = { message: 'refused' };

/** Of so many complaints the fields are made out; a small body can earn hundreds of thousands. */
const maxLooked = 1_000;

/** A path is told up to this length, and keys are cut before they are joined: a client chooses how long they are. */
const maxPath = 200;

function fieldOf(part: InputPart, { path = [] }: StandardIssue, whole: unknown): InputField {
  let text = '';
  let at: unknown = whole;
  for (const segment of path.slice(0, maxPath)) {
    const key = typeof segment === 'object' ? segment.key : segment;
    if (text.length < maxPath) {
      const name = String(key).slice(0, maxPath);
      text += typeof key === 'number' ? `[${name}]` : `${text === '' ? '' : '.'}${name}`;
    }
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined;
  }
  return { in: part, path: text.slice(0, maxPath), problem: at === undefined ? 'missing' : 'invalid' };
}

/** Schemas may have several complaints about one field. */
function unique(fields: readonly InputField[]): readonly InputField[] {
  return [...new Map(fields.map((field) => [`${field.in} ${field.path}`, field])).values()];
}
