import { nearest } from '@seaworthy/contracts';
import type { Origin } from './sources/origin.js';

/** What is set and not declared. */
export interface Undeclared {
  readonly name: string;
  readonly origin: Origin;
  /** Docker or Kubernetes injected it for another service. */
  readonly serviceLink: boolean;
}

/** Which of them was probably meant to be `name`, or its file. */
export function misspeltAs(name: string, undeclared: readonly Undeclared[]): string | undefined {
  const bare = nearest(
    name,
    undeclared.map((variable) => bareName(variable.name)),
  );
  return bare === undefined
    ? undefined
    : undeclared.find((variable) => bareName(variable.name) === bare)?.name;
}

/** `JWT_SECERT_FILE` is a misspelt `JWT_SECRET` as well. */
export function bareName(name: string): string {
  return name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : name;
}

/**
 * What Docker and Kubernetes inject for a service named `redis`: REDIS_SERVICE_HOST, REDIS_PORT_6379_TCP_ADDR and so on
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const linkNames =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_\d+_(?:TCP|UDP)(?:_(?:PROTO|PORT|ADDR))?)$/;

/** `REDIS_PORT` is one only with what they put into it; everybody else puts a number there. */
export function isServiceLink(name: string, text: string): boolean {
  return linkNames.test(name) || (name.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(text));
}
