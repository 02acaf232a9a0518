import { optionalMember } from './optional-member.js';
import type { Verdict } from './shipping-target.js';

/** What an item of a bulk answer says of its document; `in doubt` where the fault may be the document's or the cluster's. */
export interface ItemVerdict {
  readonly verdict: Verdict | 'in doubt';
  /** The status and the type of the error, which quote nothing of the document. */
  readonly kind: string;
  /** The kind, and what is said of the document. */
  readonly reason: string;
  /** A data stream takes no document without `@timestamp`. */
  readonly lacksTimestamp: boolean;
}

/** Refused because of the state of the cluster or of our rights. */
const statusesOfCluster = new Set([401, 403, 404, 408, 429]);

/**
 * 400 for every document alike: the index is closed, or it is to be made and the cluster has no room for its shards.
 * https://github.com/elastic/elasticsearch: IndexClosedException, ValidationException of ShardLimitValidator.
 */
const typesOfCluster = new Set(['index_closed_exception', 'validation_exception']);

/**
 * What the parser of documents throws, before and since 8.8. Everything else may be of the cluster: an `illegal_argument_exception` says
 * that a term is too long, and that an alias has no index to write to or a pipeline is gone.
 */
const typesOfDocument = new Set([
  'document_parsing_exception',
  'mapper_parsing_exception',
  'strict_dynamic_mapping_exception',
]);

const conflict = 409;
const tooLarge = 413;

/** DataStreamTimestampFieldMapper, since 7.9; since 8.8 the reason itself, before that what it was caused by. */
const noTimestamp = 'data stream timestamp field [@timestamp] is missing';

/** @throws Error `BULK_ANSWER` for what is not the answer to a bulk request of so many documents. */
export function itemVerdicts(answer: unknown, count: number): ItemVerdict[] {
  const items = optionalMember(answer, 'items');
  if (!Array.isArray(items) || items.length !== count) {
    throw Object.assign(new Error('Not the answer of a bulk request.'), { code: 'BULK_ANSWER' });
  }
  return items.map((item) => itemVerdict(optionalMember(item, 'create')));
}

function itemVerdict(item: unknown): ItemVerdict {
  const status = Number(optionalMember(item, 'status'));
  const error = optionalMember(item, 'error');
  const type = String(optionalMember(error, 'type') ?? '');
  const kind = `${status} ${type}`;
  const reason = `${kind}: ${optionalMember(error, 'reason') ?? ''}`;
  const verdict = verdictOf(status, type, reason);
  const refused = typeof verdict === 'object';
  const causes = refused ? [error, optionalMember(error, 'caused_by')] : [];
  const lacksTimestamp = causes.some((cause) =>
    String(optionalMember(cause, 'reason')).includes(noTimestamp),
  );
  return { verdict, kind, reason, lacksTimestamp };
}

function verdictOf(status: number, type: string, reason: string): ItemVerdict['verdict'] {
  if (status >= 200 && status < 300) return 'stored';
  if (status === conflict) return 'duplicate';
  if (!(status >= 400 && status < 500) || statusesOfCluster.has(status)) return 'again';
  if (typesOfCluster.has(type)) return 'again';
  return status === tooLarge || typesOfDocument.has(type) ? { refused: reason } : 'in doubt';
}
