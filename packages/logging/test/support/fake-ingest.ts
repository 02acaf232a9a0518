import { createServer, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { waitFor } from '@seaworthy/testkit';
import { onTestFinished } from 'vitest';

type Members = Readonly<Record<string, unknown>>;

/** One item of an envelope. */
export interface IngestedItem {
  readonly type: string;
  readonly payload: Members;
  /** When it was there, by `performance.now()`. */
  readonly at: number;
}

export interface FakeIngest {
  readonly dsn: string;
  readonly items: readonly IngestedItem[];
  /** Every body as it came, decompressed, and the headers of its request. */
  readonly texts: readonly string[];
  /** The greatest number of requests that were open at once. */
  readonly mostOpen: () => number;
  readonly requests: () => number;
  /** The payloads of one kind: `event`, `transaction`, `span`, `log`, `session`. Of containers, what is in them. */
  of(type: string): readonly Members[];
  /** The first payload of a kind for which `matches` holds, once it has come. */
  first(type: string, matches?: (payload: Members) => boolean): Promise<Members>;
}

/**
 * A Sentry ingest: a real HTTP server that reads envelopes as Sentry's relay does. `answer: 'never'` accepts and says nothing.
 */
export async function fakeIngest({
  answer = 'at once',
}: {
  readonly answer?: 'at once' | 'never';
} = {}): Promise<FakeIngest> {
  const items: IngestedItem[] = [];
  const texts: string[] = [];
  let requests = 0;
  let open = 0;
  let mostOpen = 0;
  const server = createServer(async (request, response) => {
    // A page asks first, and Sentry's relay lets every origin in.
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*');
    if (request.method === 'OPTIONS') return void response.end();
    requests += 1;
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.on('close', () => {
      open -= 1;
    });
    const text = await bodyOf(request).catch(() => undefined);
    if (text === undefined || answer === 'never') return;
    texts.push(`${request.url} ${JSON.stringify(request.headers)}\n${text}`);
    items.push(...itemsOf(text));
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;

  const of = (type: string): readonly Members[] =>
    items.filter((item) => item.type === type).flatMap(({ payload }) => contentOf(payload));

  return {
    dsn: `http://public@127.0.0.1:${port}/1`,
    items,
    texts,
    mostOpen: () => mostOpen,
    requests: () => requests,
    of,
    first: (type, matches = () => true) =>
      waitFor(() => of(type).find(matches), { timeoutMs: 20_000, what: `a matching ${type} at the ingest` }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
}

/** https://develop.sentry.dev/sdk/data-model/envelopes: a line of headers, then for each item a line of headers and the payload. */
function itemsOf(text: string): IngestedItem[] {
  const items: IngestedItem[] = [];
  const lines = text.split('\n').filter((line) => line !== '');
  for (let at = 1; at + 1 < lines.length; at += 2) {
    const { type } = JSON.parse(lines[at] ?? '{}');
    items.push({ type, payload: JSON.parse(lines[at + 1] ?? '{}'), at: performance.now() });
  }
  return items;
}

function contentOf(payload: Members): readonly Members[] {
  return Array.isArray(payload.items) ? payload.items : [payload];
}
