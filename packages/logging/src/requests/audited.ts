import { activeContext } from '../log-context.js';

/** What is known of an audit record that a request's own code made. */
export interface RecordNote {
  readonly outcome: string;
  /** It stays whatever becomes of the request; one in a transaction goes when that is rolled back. */
  readonly stays: boolean;
}

interface Records {
  /** The last one that was written. */
  last: RecordNote | undefined;
  readonly writing: Set<Promise<unknown>>;
}

/** By the trace of their request, which nested contexts share. */
const records = new WeakMap<object, Records>();

/** Notes that the running request has an audit record, once `writing` resolves; a record that was refused is none. */
export function noteRecord<T>(writing: Promise<T>, note: RecordNote): Promise<T> {
  const trace = activeContext()?.trace;
  if (trace === undefined) return writing;
  const own = records.get(trace) ?? { last: undefined, writing: new Set() };
  records.set(trace, own);
  const noted = writing
    .then((written) => {
      own.last = note;
      return written;
    })
    .finally(() => own.writing.delete(noted));
  own.writing.add(noted);
  return noted;
}

/** The record that a request's own code wrote last. */
export function recordOf(trace: object): RecordNote | undefined {
  return records.get(trace)?.last;
}

/** Resolves when the records that are being written for a request are, or are not; `undefined` when there are none. */
export function recordsBeingWritten(trace: object): Promise<unknown> | undefined {
  const writing = records.get(trace)?.writing;
  return writing === undefined || writing.size === 0 ? undefined : Promise.allSettled(writing);
}
