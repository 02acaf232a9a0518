import { invalidOption, optionsOf } from '@seaworthy/contracts';
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
  /** An index, a data stream or an alias. */
  readonly index: string;
}

const readOptions = optionsOf<ElasticsearchOptions>('elasticsearch', { index: true });

/** Refused because of the state of the cluster or of our rights, not because of the document. */
const passing = new Set([401, 403, 404, 408, 429]);
const conflict = 409;
/** Too large, or unreadable because of one of its documents: tried in halves. */
const divisible = new Set([400, 413]);

/**
 * Ships to Elasticsearch by its bulk API, each line as the document it is. The document's `_id` is the line's id and the operation is
 * `create`, so a line that is sent twice is stored once.
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

  async function deliver(
    records: readonly SpooledRecord[],
    delivery: DeliveryOptions,
  ): Promise<readonly Verdict[]> {
    const { signal, timeoutMs } = delivery;
    try {
      const answer = await client.bulk(
        { operations: records.flatMap(({ id, line }) => [{ create: { _index: index, _id: id } }, line]) },
        { signal, requestTimeout: timeoutMs, maxRetries: 0 },
      );
      return verdicts(answer, records.length);
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined || !divisible.has(status)) throw error;
      if (records.length === 1) return [{ refused: String(status) }];
      const middle = Math.ceil(records.length / 2);
      const first = await deliver(records.slice(0, middle), delivery);
      return [...first, ...(await deliver(records.slice(middle), delivery))];
    }
  }

  return { name: 'elasticsearch', deliver, close: async () => undefined };
}

function verdicts(answer: unknown, count: number): Verdict[] {
  const items = memberOf(answer, 'items');
  if (!Array.isArray(items) || items.length !== count) {
    throw Object.assign(new Error('Not the answer of a bulk request.'), { code: 'BULK_ANSWER' });
  }
  return items.map((item) => verdictOf(memberOf(item, 'create')));
}

function verdictOf(item: unknown): Verdict {
  const status = Number(memberOf(item, 'status'));
  if (status >= 200 && status < 300) return 'stored';
  if (status === conflict) return 'duplicate';
  if (!(status >= 400 && status < 500) || passing.has(status)) return 'again';
  const error = memberOf(item, 'error');
  return { refused: `${status} ${memberOf(error, 'type') ?? ''}: ${memberOf(error, 'reason') ?? ''}` };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
