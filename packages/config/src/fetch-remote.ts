import { type Clock, DeadlineError, systemClock, withDeadline } from '@seaworthy/contracts';
import { checkedReading, failedReading, threw } from './gather.js';
import {
  isRemote,
  type RemoteContext,
  type RemoteReading,
  type RemoteSource,
  type Source,
} from './sources/source.js';

export type RemoteReadings = ReadonlyMap<RemoteSource, RemoteReading>;

export interface FetchOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
}

/** Asks all remote sources at once. One that fails or takes too long gives a reading that says so. */
export async function fetchRemote(
  sources: readonly (Source | RemoteSource)[],
  context: RemoteContext,
  options: FetchOptions,
): Promise<RemoteReadings> {
  const remote = sources.filter(isRemote);
  const readings = await Promise.all(remote.map((source) => ask(source, context, options)));
  return new Map(remote.map((source, index) => [source, readings[index] ?? failedReading(source, threw)]));
}

async function ask(
  source: RemoteSource,
  context: RemoteContext,
  { timeoutMs, signal, clock = systemClock }: FetchOptions,
): Promise<RemoteReading> {
  const what = `the source ${source.name}`;
  try {
    const reading = await withDeadline((given) => source.fetch(context, given), {
      timeoutMs,
      what,
      signal,
      clock,
    });
    return checkedReading(source, reading);
  } catch (error) {
    signal?.throwIfAborted();
    return failedReading(source, DeadlineError.is(error) ? `did not answer within ${timeoutMs} ms` : threw);
  }
}
