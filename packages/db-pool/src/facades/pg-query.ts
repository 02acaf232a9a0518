/** Whatever pg's `query` may be called with. */
export type PgQueryArguments = readonly unknown[];

/** What a call of `query` asks for. */
export interface PgRequest {
  readonly text: string;
  /** What pg's own `query` takes. */
  readonly config: object;
  /** Something that speaks to the connection by itself, such as a cursor. */
  readonly submittable: object | undefined;
  readonly callback: PgCallback | undefined;
}

export type PgCallback = (error: unknown, result?: unknown) => void;

/** Reads `query(text, values?, callback?)`, `query(config, values?, callback?)` and `query(submittable)`. */
export function readPgQuery(given: PgQueryArguments): PgRequest {
  const [first, second, third] = given;
  const callback = [first, second, third].find(isCallback);
  const values = Array.isArray(second) ? { values: second } : {};
  if (typeof first === 'string') {
    return { text: first, config: { text: first, ...values }, submittable: undefined, callback };
  }
  if (typeof first !== 'object' || first === null) {
    throw new TypeError('query() takes a text, a query config or a submittable.');
  }
  const text = Reflect.get(first, 'text');
  const own = Reflect.get(first, 'callback');
  if (typeof Reflect.get(first, 'submit') === 'function') {
    return {
      text: typeof text === 'string' ? text : '',
      config: first,
      submittable: first,
      callback: undefined,
    };
  }
  // pg would call it beside settling the promise.
  const config = { ...first, ...values, callback: undefined };
  return {
    text: typeof text === 'string' ? text : '',
    config,
    submittable: undefined,
    callback: callback ?? (isCallback(own) ? own : undefined),
  };
}

function isCallback(value: unknown): value is PgCallback {
  return typeof value === 'function';
}

/** Gives the outcome to a callback when there is one, and as a promise otherwise, as pg does. */
export function answer<T>(work: Promise<T>, callback: PgCallback | undefined): Promise<T> | undefined {
  if (callback === undefined) return work;
  work.then(
    (value) => process.nextTick(callback, null, value),
    (error: unknown) => process.nextTick(callback, error),
  );
  return undefined;
}
