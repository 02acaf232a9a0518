import type { LogFields } from '@seaworthy/contracts';
import { memberOf } from './member-of.js';

/** The own members of an object; what cannot be read says so, as in a line. */
export function safeCopy(fields: object): LogFields {
  try {
    return { ...fields };
  } catch {
    return memberByMember(fields);
  }
}

function memberByMember(fields: object): LogFields {
  try {
    return Object.fromEntries(Object.keys(fields).map((name) => [name, memberOf(fields, name)]));
  } catch {
    return { data: '[unreadable]' }; // a proxy that was revoked
  }
}
