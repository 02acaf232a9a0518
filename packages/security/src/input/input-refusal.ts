import { STATUS_CODES } from 'node:http';

/** Stable words for programs; the body of a refusal carries them as `code`. */
export type InputCode =
  | 'INVALID_INPUT'
  | 'MALFORMED_BODY'
  | 'FORBIDDEN_KEY'
  | 'BODY_TOO_SLOW'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_TYPE';

export type InputPart = 'body' | 'query' | 'params' | 'headers';

/** A field that is not as its schema wants it. What was sent is never part of it. */
export interface InputField {
  readonly in: InputPart;
  /** `items[0].price`; empty for the whole part. */
  readonly path: string;
  readonly problem: 'missing' | 'invalid';
}

/** An answer in place of the handler's, the same on every framework. */
export interface InputRefusal {
  readonly status: 400 | 408 | 413 | 415;
  readonly code: InputCode;
  readonly contentType: string;
  readonly body: string;
}

const details: Readonly<
  Record<Exclude<InputCode, 'INVALID_INPUT'>, readonly [InputRefusal['status'], string]>
> = {
  MALFORMED_BODY: [400, 'The body is not the JSON that it says it is.'],
  FORBIDDEN_KEY: [400, 'A key that changes the prototype of objects is not accepted.'],
  BODY_TOO_SLOW: [408, 'The body did not arrive in time.'],
  BODY_TOO_LARGE: [413, 'The body is larger than is accepted here.'],
  UNSUPPORTED_TYPE: [415, 'Send the body as application/json in UTF-8, without a content encoding.'],
};

export function refuseBody(code: keyof typeof details): InputRefusal {
  const [status, detail] = details[code];
  return refusal(status, code, detail);
}

/** As many fields are told; a body can have thousands of wrong ones. */
const maxFields = 50;

/** @param unseen - How many further complaints of the schemas nobody looked at. */
export function refuseFields(fields: readonly InputField[], unseen: number): InputRefusal {
  const one = fields.length === 1;
  const said = one
    ? '1 field is missing or not as it should be'
    : `${fields.length} fields are missing or not as they should be`;
  const detail = unseen === 0 ? `${said}.` : `${said}, and ${unseen} complaints more were not looked at.`;
  const told = fields.slice(0, maxFields);
  return refusal(400, 'INVALID_INPUT', detail, { fields: told });
}

function refusal(
  status: InputRefusal['status'],
  code: InputCode,
  detail: string,
  more: { readonly fields?: readonly InputField[] } = {},
): InputRefusal {
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    code,
    detail,
    ...more,
  });
  return { status, code, contentType: 'application/problem+json; charset=utf-8', body };
}
