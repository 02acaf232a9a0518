import { decodeJson } from '../sql/json.js';
import { realNumber } from '../sql/real.js';

/** Turns a column's text, as PostgreSQL writes it, into a value. */
export type Decode = (text: string) => unknown;

/** Type OIDs, from PostgreSQL's pg_type.dat; they never change. */
const oid = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  oid: 26,
  json: 114,
  float4: 700,
  float8: 701,
  timestamp: 1114,
  timestamptz: 1184,
  jsonb: 3802,
} as const;

/** An integer is a number while a number holds it exactly, and a bigint beyond that. */
export function decodeInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** ECMAScript, 21.4.1.1: a Date reaches 100,000,000 days from 1970. */
const latestDate = 8.64e15;

const timestampPattern =
  /^(\d{4,6})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)?$/;

/**
 * A timestamp as a Date; one without a zone is UTC. A Date has milliseconds, so microseconds are cut. What no Date can
 * hold (`infinity`, years BC, years from 275761 on) stays text.
 */
export function decodeTimestamp(text: string): Date | string {
  const match = timestampPattern.exec(text);
  if (match === null) return text;
  const [, year, month, day, hour, minute, second, fraction = '', sign, zoneHour, zoneMinute, zoneSecond] =
    match;
  const date = new Date(0);
  // setUTCFullYear, because Date.UTC takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hour), Number(minute), Number(second), Number(fraction.padEnd(3, '0').slice(0, 3)));
  const offsetSeconds =
    Number(zoneHour ?? 0) * 3_600 + Number(zoneMinute ?? 0) * 60 + Number(zoneSecond ?? 0);
  const moment = date.getTime() - (sign === '-' ? -1 : 1) * offsetSeconds * 1_000;
  return Math.abs(moment) <= latestDate ? new Date(moment) : text;
}

/** Hexadecimal; or `escape`, where a role or a pooler has set that again after the session was prepared. */
function decodeBytes(text: string): Buffer {
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex');
  const bytes = text.replace(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8)),
  );
  return Buffer.from(bytes, 'latin1');
}

const scalars: ReadonlyMap<number, Decode> = new Map<number, Decode>([
  [oid.bool, (text) => text === 't'],
  [oid.bytea, decodeBytes],
  [oid.int2, Number],
  [oid.int4, Number],
  [oid.oid, Number],
  [oid.int8, decodeInteger],
  [oid.float4, (text) => realNumber(Number(text))],
  [oid.float8, Number],
  [oid.json, decodeJson],
  [oid.jsonb, decodeJson],
  [oid.timestamp, decodeTimestamp],
  [oid.timestamptz, decodeTimestamp],
]);

/** Array types by OID, with the OID of their elements; 0 for elements that stay text. */
const arrayElements: ReadonlyMap<number, number> = new Map([
  [1000, oid.bool],
  [1001, oid.bytea],
  [1005, oid.int2],
  [1007, oid.int4],
  [1016, oid.int8],
  [1028, oid.oid],
  [1021, oid.float4],
  [1022, oid.float8],
  [199, oid.json],
  [3807, oid.jsonb],
  [1115, oid.timestamp],
  [1185, oid.timestamptz],
  [1009, 0], // text
  [1015, 0], // varchar
  [1014, 0], // char
  [1003, 0], // name
  [1231, 0], // numeric
  [1182, 0], // date
  [1183, 0], // time
  [2951, 0], // uuid
  [1187, 0], // interval
  [1270, 0], // timetz
  [1041, 0], // inet
  [651, 0], // cidr
  [1040, 0], // macaddr
  [791, 0], // money
  [1561, 0], // bit
  [1563, 0], // varbit
  [143, 0], // xml
]);

const asText: Decode = (text) => text;

/**
 * How a type's text becomes a value. `numeric`, `date`, `time`, `interval`, `uuid` and whatever is not in the table stay
 * text, so that nothing is rounded.
 */
export function decoderFor(typeOid: number): Decode {
  const element = arrayElements.get(typeOid);
  if (element === undefined) return scalars.get(typeOid) ?? asText;
  const decode = scalars.get(element) ?? asText;
  return (text) => decodeArray(text, decode);
}

/** PostgreSQL's array text: `{1,NULL,"a \"b\""}`, nested for more dimensions, with bounds `[0:1]=` in front when odd. */
export function decodeArray(text: string, decode: Decode): unknown[] {
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0;

  function list(): unknown[] {
    const values: unknown[] = [];
    at += 1; // {
    while (at < text.length && text[at] !== '}') {
      values.push(text[at] === '{' ? list() : element());
      if (text[at] === ',') at += 1;
    }
    at += 1; // }
    return values;
  }

  function element(): unknown {
    if (text[at] === '"') return decode(quoted());
    const start = at;
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at += 1;
    const word = text.slice(start, at);
    return word === 'NULL' ? null : decode(word);
  }

  function quoted(): string {
    let value = '';
    at += 1;
    while (at < text.length && text[at] !== '"') {
      if (text[at] === '\\') at += 1;
      value += text[at];
      at += 1;
    }
    at += 1;
    return value;
  }

  return list();
}
