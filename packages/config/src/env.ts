import { bytesField, durationField } from './fields/amounts.js';
import { boolField } from './fields/bool.js';
import { emailField } from './fields/email.js';
import { listField } from './fields/list.js';
import { intField, numberField, portField } from './fields/numbers.js';
import { oneOfField } from './fields/one-of.js';
import { profileField } from './fields/profile.js';
import { jsonField, schemaField } from './fields/schema.js';
import { stringField } from './fields/string.js';
import { originField, urlField } from './fields/url.js';

/**
 * The kinds of variables. Every one is strict: a text is read in the one way that its kind documents, or is a problem.
 * An empty text counts as not set.
 *
 * @example
 * const fields = {
 *   PORT: env.port().default(3001),
 *   DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(),
 *   JWT_EXPIRES_IN: env.duration({ max: '30d' }).default('7d'),
 * };
 */
export const env: {
  readonly string: typeof stringField;
  readonly int: typeof intField;
  readonly number: typeof numberField;
  readonly bool: typeof boolField;
  readonly port: typeof portField;
  readonly url: typeof urlField;
  readonly origin: typeof originField;
  readonly email: typeof emailField;
  readonly oneOf: typeof oneOfField;
  /** The same as `oneOf`, under its name in other libraries. */
  readonly enum: typeof oneOfField;
  readonly list: typeof listField;
  readonly duration: typeof durationField;
  readonly bytes: typeof bytesField;
  readonly json: typeof jsonField;
  readonly schema: typeof schemaField;
  readonly profile: typeof profileField;
} = Object.freeze({
  string: stringField,
  int: intField,
  number: numberField,
  bool: boolField,
  port: portField,
  url: urlField,
  origin: originField,
  email: emailField,
  oneOf: oneOfField,
  enum: oneOfField,
  list: listField,
  duration: durationField,
  bytes: bytesField,
  json: jsonField,
  schema: schemaField,
  profile: profileField,
});
