import { DbError } from '../db-error.js';

/** How a server counts what it has written. */
export type PositionKind = 'lsn' | 'mariadb-gtid' | 'mysql-gtid';

/** Longer ones are not made by servers, and tokens come back from clients. */
const maxLength = 4_096;

const shapes: Readonly<Record<PositionKind, RegExp>> = {
  lsn: /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i,
  'mariadb-gtid': /^(?:\d+-\d+-\d+(?:,\d+-\d+-\d+)*)?$/,
  'mysql-gtid': /^[0-9a-f:,\-\s_]*$/i,
};

export function isPosition(kind: PositionKind, text: string): boolean {
  return text.length <= maxLength && shapes[kind].test(text);
}

/** @throws DbError `invalid_value` when `text` is no position of this kind. */
export function requirePosition(kind: PositionKind, text: string): string {
  if (isPosition(kind, text)) return text;
  throw new DbError('invalid_value', 'This is no token of this database: pass what token() returned.');
}

/** Whether a server that has applied `applied` has everything that another had written at `wanted`. */
export function covers(kind: PositionKind, applied: string, wanted: string): boolean {
  switch (kind) {
    case 'lsn':
      return lsnOf(applied) >= lsnOf(wanted);
    case 'mariadb-gtid': {
      const have = domainsOf(applied);
      return [...domainsOf(wanted)].every(([domain, number]) => (have.get(domain) ?? -1n) >= number);
    }
    case 'mysql-gtid': {
      const have = setsOf(applied);
      return [...setsOf(wanted)].every(([source, ranges]) =>
        ranges.every(([from, to]) =>
          (have.get(source) ?? []).some(([haveFrom, haveTo]) => haveFrom <= from && haveTo >= to),
        ),
      );
    }
  }
}

/** `16/B374D848` */
function lsnOf(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

/** `0-1-100,1-2-7`: domain, server and number. Numbers rise within a domain, whichever server wrote them. */
function domainsOf(text: string): Map<string, bigint> {
  const domains = new Map<string, bigint>();
  for (const part of text.split(',').filter((one) => one !== '')) {
    const [domain = '', , number = '0'] = part.split('-');
    const known = domains.get(domain) ?? -1n;
    if (BigInt(number) > known) domains.set(domain, BigInt(number));
  }
  return domains;
}

type Range = readonly [from: bigint, to: bigint];

/** `uuid:1-5:7-9,uuid:tag:1-3`: intervals by source, and by tag since 8.3. */
function setsOf(text: string): Map<string, Range[]> {
  const sets = new Map<string, Range[]>();
  for (const part of text
    .replace(/\s/g, '')
    .split(',')
    .filter((one) => one !== '')) {
    const [uuid = '', ...rest] = part.toLowerCase().split(':');
    let source = uuid;
    for (const piece of rest) {
      const range = /^(\d+)(?:-(\d+))?$/.exec(piece);
      if (range === null) {
        source = `${uuid}:${piece}`;
        continue;
      }
      const from = BigInt(range[1] ?? '0');
      const known = sets.get(source) ?? [];
      known.push([from, BigInt(range[2] ?? from)]);
      sets.set(source, known);
    }
  }
  return sets;
}
