import type { LogFields } from '@seaworthy/contracts';
import type winston from 'winston';
import type { LineFormat } from './line-format.js';
import type { BoundFields } from './name-rules.js';
import { safeCopy } from './safe-copy.js';

const binding = Symbol('seaworthy.bound-fields');

interface Binding {
  /** What the children on the way here were given. */
  readonly own: LogFields;
  /** Of which `defaultMeta` the rendering was made; it may be replaced at any time. */
  defaultMeta: unknown;
  bound: BoundFields | undefined;
}

type Bearer = winston.Logger & { [binding]: Binding };

/**
 * Renders the fields of a logger and of each of its children once, instead of on every line.
 *
 * @returns a function that answers what is bound to a logger.
 */
export function keepBoundFields(
  logger: winston.Logger,
  lines: LineFormat,
): (logger: winston.Logger) => BoundFields {
  const root = logger as Bearer;
  const plain = keepChanges(logger);
  root[binding] = { own: {}, defaultMeta: undefined, bound: undefined };
  Object.defineProperty(Object.getPrototypeOf(logger), 'child', {
    configurable: true,
    writable: true,
    value(this: Bearer, fields: object) {
      // Without the `write` of winston's child, which reads these fields again for each line, and may throw.
      const child: Bearer = Object.create(this);
      const own = { ...this[binding].own, ...safeCopy(fields) };
      child[binding] = { own, defaultMeta: undefined, bound: undefined };
      return child;
    },
  });

  return (asked) => {
    const state = (asked as Bearer)[binding];
    if (state.bound === undefined || state.defaultMeta !== asked.defaultMeta) {
      state.defaultMeta = asked.defaultMeta;
      state.bound = lines.bind({ ...safeCopy(plain(asked.defaultMeta) ?? {}), ...state.own });
    }
    return state.bound;
  };
}

/**
 * Shows a change inside `logger.defaultMeta` by another identity, so that nobody has to look inside on every line. What was assigned is
 * changed there too; a change of the assigned object past the logger is not seen.
 *
 * @returns a function that answers the object behind a `defaultMeta`, which is read at less cost.
 */
function keepChanges(logger: winston.Logger): (meta: object | null) => object | null {
  let target: object | null = logger.defaultMeta;
  let current: unknown;
  const renew = (): true => {
    current = typeof target === 'object' && target !== null ? new Proxy(target, handler) : target;
    return true;
  };
  const handler: ProxyHandler<object> = {
    defineProperty: (...given) => Reflect.defineProperty(...given) && renew(),
    deleteProperty: (...given) => Reflect.deleteProperty(...given) && renew(),
  };
  renew();
  Object.defineProperty(logger, 'defaultMeta', {
    enumerable: true,
    configurable: true,
    get: () => current,
    set(this: winston.Logger, value: object | null) {
      if (this === logger) {
        target = value;
        renew();
      } else
        Object.defineProperty(this, 'defaultMeta', {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
    },
  });
  return (meta) => (meta === current ? target : meta);
}
