import type { DriverResult } from '../driver.js';
import { buildRows } from './build-rows.js';
import { copyError, isClientCopy } from './copy-error.js';
import { type Decode, decoderFor } from './postgres-decode.js';

/** The part of a pg client that is used. */
export interface PgClient {
  readonly host: string;
  readonly port: number;
  readonly ssl?: unknown;
  connect(): Promise<unknown>;
  /** Undefined when `config` has a callback. */
  query(config: PgQuery): Promise<PgAnswer> | undefined;
  end(): Promise<unknown>;
  getTransactionStatus(): 'I' | 'T' | 'E' | null;
  on(event: 'error' | 'end' | 'drain', listener: () => void): unknown;
}

export type PgAnswer = PgResult | readonly PgResult[];

export interface PgQuery {
  readonly text: string;
  readonly name?: string | undefined;
  readonly values?: unknown[] | undefined;
  readonly rowMode?: 'array';
  readonly types?: { getTypeParser(oid: number, format?: string): (value: string) => unknown };
  readonly callback?: (error: unknown, answer: PgAnswer) => void;
}

interface PgResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: readonly (readonly unknown[])[];
  readonly fields: readonly { readonly name: string }[];
}

const types = {
  getTypeParser: (oid: number, format?: string): Decode =>
    format === 'binary' ? (value) => value : decoderFor(oid),
};

/** pg copies a query property by property before it sends it, which costs the more the more there are of its own. */
export class SentQuery implements PgQuery {
  readonly text: string;
  readonly name: string | undefined;
  readonly values: unknown[] | undefined;
  readonly callback: (error: unknown, answer: PgAnswer) => void;

  constructor({ text, name, values }: PgQuery, callback: (error: unknown, answer: PgAnswer) => void) {
    this.text = text;
    this.name = name;
    this.values = values;
    this.callback = callback;
  }

  get rowMode(): 'array' {
    return 'array';
  }

  get types(): typeof types {
    return types;
  }
}

/**
 * A text of several statements answers several results; the last one counts, as in psql.
 *
 * @throws DbError `invalid_value` for `copy … to stdout`, whose rows pg drops.
 */
export function resultOf(answer: PgAnswer, text: string): DriverResult {
  const result = isList(answer) ? answer.at(-1) : answer;
  if (result === undefined) return { rows: [], rowCount: 0 };
  if (result.command === 'COPY' && isClientCopy(text)) throw copyError();
  const columns = result.fields.map((field) => field.name);
  return { rows: buildRows(columns, result.rows), rowCount: result.rowCount ?? 0 };
}

function isList(answer: PgResult | readonly PgResult[]): answer is readonly PgResult[] {
  return Array.isArray(answer);
}
