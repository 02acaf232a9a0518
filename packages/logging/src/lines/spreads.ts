import { types } from 'node:util';
import { Secret } from '@seaworthy/contracts';

/** Whether an object's members are the data; of a Map, a Date, bytes, a Secret or a revoked proxy they are not. */
export function spreads(source: object): boolean {
  try {
    const prototype: unknown = Object.getPrototypeOf(source);
    if (prototype === Object.prototype || prototype === null) return Object.keys(source).length >= 0;
    if (isContainer(source)) return false; // not asked for its names, of which a megabyte has a million
    return Object.keys(source).length > 0 && typeof Reflect.get(source, 'toJSON') !== 'function';
  } catch {
    return false;
  }
}

/** What keeps its content elsewhere than in its members. */
function isContainer(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    Secret.is(value)
  );
}
