import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Line } from './memory-sink.js';

/** What happens to a document instead of being stored. */
export interface ItemError {
  readonly status: number;
  readonly type: string;
  readonly reason: string;
}

/** Speaks Elasticsearch's `_bulk`, with `create` as it is there: an `_id` that is known is a conflict. */
export interface BulkReceiver {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stored documents in their order. */
  readonly stored: ReadonlyArray<{ readonly id: string; readonly index: string; readonly document: Line }>;
  /** Operations that came, also those that were not stored. */
  operations: number;
  conflicts: number;
  requests: number;
  /** Bytes of all bodies, as they came. */
  body: string;
  /** What a request gets: an answer, a status for all of it, or a reset after its documents were stored. */
  mode: 'answer' | 'reset after storing' | number;
  /** Asked for each document, before it is parsed, as the cluster is; what cannot be parsed has no members. */
  item: (document: Line) => ItemError | undefined;
  /** Takes no document without `@timestamp`. */
  isDataStream: boolean;
}

export async function bulkReceiver(): Promise<BulkReceiver> {
  const stored = new Map<string, { id: string; index: string; document: Line }>();
  const receiver = {
    url: '',
    host: '127.0.0.1',
    port: 0,
    get stored() {
      return [...stored.values()];
    },
    operations: 0,
    conflicts: 0,
    requests: 0,
    body: '',
    mode: 'answer' as BulkReceiver['mode'],
    item: (() => undefined) as BulkReceiver['item'],
    isDataStream: false,
  };

  function take(header: Line, text: string): Line {
    const { _id, _index } = header.create as { readonly _id: string; readonly _index: string };
    receiver.operations += 1;
    const document = parsed(text);
    const error =
      receiver.item(document ?? {}) ??
      (document === undefined ? unreadable('[1:2] failed to parse') : undefined) ??
      (receiver.isDataStream && document?.['@timestamp'] === undefined ? unreadable(noTimestamp) : undefined);
    if (error !== undefined) return { create: { _id, _index, status: error.status, error } };
    if (document === undefined || stored.has(_id)) {
      receiver.conflicts += 1;
      const conflict = { type: 'version_conflict_engine_exception', reason: 'document already exists' };
      return { create: { _id, _index, status: 409, error: conflict } };
    }
    stored.set(_id, { id: _id, index: _index, document });
    return { create: { _id, _index, status: 201, result: 'created' } };
  }

  const sockets = new Set<Socket>();
  const server = createServer(async (request, response) => {
    receiver.requests += 1;
    const text = await textOf(request).catch(() => undefined);
    if (text === undefined) return; // the connection broke
    receiver.body += text;
    // The client refuses an answer without it.
    response.setHeader('x-elastic-product', 'Elasticsearch');
    response.setHeader('content-type', request.headers.accept?.split(',')[0] ?? 'application/json');
    if (typeof receiver.mode === 'number') {
      response
        .writeHead(receiver.mode)
        .end(JSON.stringify({ error: { type: 'refused' }, status: receiver.mode }));
      return;
    }
    if (request.method !== 'POST' || request.url?.split('?')[0] !== '/_bulk' || !text.endsWith('\n')) {
      response.writeHead(400).end('{}');
      return;
    }
    const lines = text.slice(0, -1).split('\n');
    const items = lines.flatMap((header, at) =>
      at % 2 === 0 ? [take(JSON.parse(header), lines[at + 1] ?? '')] : [],
    );
    if (receiver.mode === 'reset after storing') request.socket.resetAndDestroy();
    else
      response.end(
        JSON.stringify({ took: 1, errors: items.some((item) => item.error !== undefined), items }),
      );
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  receiver.port = (server.address() as AddressInfo).port;
  receiver.url = `http://127.0.0.1:${receiver.port}`;
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return receiver;
}

const noTimestamp = '[1:2] failed to parse: data stream timestamp field [@timestamp] is missing';

const unreadable = (reason: string): ItemError => ({
  status: 400,
  type: 'document_parsing_exception',
  reason,
});

function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const part of request) text += part;
  return text;
}
