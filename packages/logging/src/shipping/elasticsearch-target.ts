import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { type ItemVerdict, itemVerdicts } from './bulk-verdicts.js';
import { statusOf } from './failure-of.js';
import type { DeliveryOptions, ShippingTarget, SpooledRecord, Verdict } from './shipping-target.js';

/** What is needed of a `Client` of `@elastic/elasticsearch` 8 or 9. It stays yours: nobody closes it here. */
export interface ElasticsearchClient {
  bulk(
    request: { readonly operations: unknown[] },
    options: { readonly signal: AbortSignal; readonly requestTimeout: number; readonly maxRetries: number },
  ): Promise<unknown>;
}

export interface ElasticsearchOptions {
  /** An index, a data stream or an alias. A data stream's documents get an `@timestamp` where the line has none. */
  readonly index: string;
}

const readOptions = optionsOf<ElasticsearchOptions>('elasticsearch', { index: true });

const badRequest = 400;
const tooLarge = 413;

/** No document at all, so that no index can store it. */
const unreadable: SpooledRecord = { id: 'seaworthy-probe', timeMs: 0, line: '{' };

/**
 * Ships to Elasticsearch by its bulk API, each line as the document it is. The document's `_id` is the line's id and the operation is
 * `create`, so a line that is sent twice is stored once.
 *
 * What is refused goes to the dead letters only when the fault is the document's: its type of error says so, or the index takes others
 * at that time. Otherwise the cluster is waited for, whatever it answers.
 *
 * @example
 * elasticsearch(new Client({ node: 'https://elasticsearch:9200', auth: { apiKey } }), { index: 'kpi-logs' });
 */
export function elasticsearch(client: ElasticsearchClient, options: ElasticsearchOptions): ShippingTarget {
  const { index } = readOptions(options);
  if (typeof client?.bulk !== 'function') {
    throw invalidOption('elasticsearch', 'client', 'a Client of @elastic/elasticsearch');
  }
  if (typeof index !== 'string' || index === '') throw invalidOption('elasticsearch', 'index', 'a name');
  let isDataStream = false;
  /** What was said last of a document that has to wait. */
  let waitsFor: string | undefined;

  async function deliver(
    records: readonly SpooledRecord[],
    delivery: DeliveryOptions,
  ): Promise<readonly Verdict[]> {
    const verdicts = await attempt(records, delivery);
    if (verdicts.some((verdict) => verdict !== 'again')) return verdicts;
    // So that the operator reads what is wrong with the cluster.
    throw Object.assign(new Error('All of a bulk request has to wait.'), { code: waitsFor });
  }

  async function attempt(
    records: readonly SpooledRecord[],
    delivery: DeliveryOptions,
    isSecond = false,
  ): Promise<readonly Verdict[]> {
    let items: readonly ItemVerdict[];
    try {
      items = await create(records, delivery);
    } catch (error) {
      const status = statusOf(error);
      const divisible = status === tooLarge || (status === badRequest && (await takesDocuments(delivery)));
      if (!divisible) throw error;
      if (records.length === 1) {
        return status === tooLarge || isSecond
          ? [{ refused: String(status) }]
          : attempt(records, delivery, true);
      }
      const middle = Math.ceil(records.length / 2);
      const first = await attempt(records.slice(0, middle), delivery, isSecond);
      return [...first, ...(await attempt(records.slice(middle), delivery, isSecond))];
    }
    if (!isDataStream && items.some(({ lacksTimestamp }) => lacksTimestamp)) {
      isDataStream = true;
      return attempt(records, delivery, isSecond);
    }
    return decided(records, items, delivery, isSecond);
  }

  /**
   * What is in doubt is the document's fault when others are taken, and it is refused a second time: the cluster may have recovered since
   * the first.
   */
  async function decided(
    records: readonly SpooledRecord[],
    items: readonly ItemVerdict[],
    delivery: DeliveryOptions,
    isSecond: boolean,
  ): Promise<readonly Verdict[]> {
    const doubtful = records.filter((_, at) => items[at]?.verdict === 'in doubt');
    const takesOthers = doubtful.length > 0 && (items.some(isTaken) || (await takesDocuments(delivery)));
    const second = takesOthers && !isSecond ? await attempt(doubtful, delivery, true) : [];
    let asked = 0;
    return items.map(({ verdict, kind, reason }) => {
      if (verdict !== 'in doubt' && verdict !== 'again') return verdict;
      if (verdict === 'in doubt' && takesOthers) return second[asked++] ?? { refused: reason };
      waitsFor = kind;
      return 'again';
    });
  }

  /**
   * Elasticsearch parses a document when it has found the index, open and fit to be written: one that cannot be parsed is refused as
   * such only then.
   */
  async function takesDocuments(delivery: DeliveryOptions): Promise<boolean> {
    const items = await create([unreadable], delivery).catch(() => []);
    return items.some(({ verdict }) => typeof verdict === 'object');
  }

  async function create(
    records: readonly SpooledRecord[],
    delivery: DeliveryOptions,
  ): Promise<ItemVerdict[]> {
    const { signal, timeoutMs } = delivery;
    const operations = records.flatMap((record) => [
      { create: { _index: index, _id: record.id } },
      isDataStream ? stamped(record) : record.line,
    ]);
    const answer = await client.bulk({ operations }, { signal, requestTimeout: timeoutMs, maxRetries: 0 });
    return itemVerdicts(answer, records.length);
  }

  return { name: 'elasticsearch', deliver, close: async () => undefined };
}

function isTaken({ verdict }: ItemVerdict): boolean {
  return verdict === 'stored' || verdict === 'duplicate';
}

const timestamp = '"@timestamp":';

/** The line with the time at which it was logged, unless it says one; a name that stands twice would be refused. */
function stamped({ line, timeMs }: SpooledRecord): string {
  if (!line.startsWith('{"') || line.startsWith(`{${timestamp}`)) return line;
  if (line.includes(timestamp) && Object.hasOwn(Object(JSON.parse(line)), '@timestamp')) return line;
  return `{${timestamp}"${new Date(timeMs).toISOString()}",${line.slice(1)}`;
}
