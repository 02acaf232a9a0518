import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Closable } from '@seaworthy/contracts';
import { optionsOf } from '@seaworthy/contracts';
import { s3ErrorAnswer } from './s3-answer.js';
import { answerS3, type S3Request } from './s3-calls.js';
import { type S3Fault, S3Faults, type S3Operation } from './s3-faults.js';
import { S3Bucket } from './s3-state.js';

export interface StartS3Options {
  /** Deletes leave markers, and locked versions cannot be removed. @defaultValue false */
  readonly versions?: boolean;
  /** `false`: `If-None-Match` is answered with 501, as older services do. @defaultValue true */
  readonly conditionalWrites?: boolean;
  /** Entries of one page of a listing. @defaultValue 1000 */
  readonly pageSize?: number;
  /** What it takes for the time. @defaultValue Date.now */
  readonly now?: () => number;
}

export interface S3Fake extends Closable {
  readonly url: string;
  /** For `new S3(fake.config)`. */
  readonly config: {
    readonly endpoint: string;
    readonly region: string;
    readonly forcePathStyle: true;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  /** Made when it is first named. */
  bucket(name: string): S3Bucket;
  fault(fault: S3Fault): void;
  clearFaults(): void;
  /** Every call so far. */
  readonly calls: ReadonlyArray<{ readonly operation: S3Operation; readonly key: string }>;
}

const readOptions = optionsOf<StartS3Options>('startS3', {
  versions: true,
  conditionalWrites: true,
  pageSize: true,
  now: true,
});

/**
 * A service that speaks enough of S3 for backups, in memory: objects with ranges, multipart uploads, conditional writes,
 * checksums, listings, versions and object lock, each of which can be made to fail. It does not check signatures.
 *
 * @example
 * await using fake = await startS3();
 * const client = new S3(fake.config);
 * fake.fault({ operation: 'UploadPart', kind: 'lost answer' });
 */
export async function startS3(options: StartS3Options = {}): Promise<S3Fake> {
  const {
    versions = false,
    conditionalWrites = true,
    pageSize = 1_000,
    now = Date.now,
  } = readOptions(options);
  const buckets = new Map<string, S3Bucket>();
  const faults = new S3Faults();
  const calls: Array<{ readonly operation: S3Operation; readonly key: string }> = [];
  const sockets = new Set<Socket>();

  function bucketOf(name: string): S3Bucket {
    const bucket = buckets.get(name) ?? new S3Bucket();
    buckets.set(name, bucket);
    return bucket;
  }

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message);
    if (request === undefined) return send(response, s3ErrorAnswer(501, 'NotImplemented'));
    const { operation, key } = request;
    calls.push({ operation, key });
    const fault = faults.take(operation, key);
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'reset') return void message.socket.destroy();
    if (fault?.kind === 'error')
      return send(response, s3ErrorAnswer(fault.status ?? 503, fault.code ?? 'SlowDown'));
    const answer = answerS3(request, {
      bucket: bucketOf(request.bucket),
      now: new Date(now()),
      corrupt: fault?.kind === 'corrupt',
      versions,
      conditionalWrites,
      pageSize,
    });
    if (fault?.kind === 'lost answer') return void message.socket.destroy();
    const { body } = answer;
    if (body instanceof Buffer && fault?.kind === 'corrupt') {
      const changed = Buffer.from(body);
      changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
      return send(response, { ...answer, body: changed });
    }
    if (body instanceof Buffer && fault?.kind === 'short') {
      response.writeHead(answer.status, answer.headers);
      response.write(body.subarray(0, body.length >> 1), () => message.socket.destroy());
      return;
    }
    send(response, answer);
  }

  const server = createServer((message, response) => {
    handle(message, response).catch(() => message.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const fake: S3Fake = {
    url,
    config: {
      endpoint: url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'fake', secretAccessKey: 'fake-secret' },
    },
    bucket: bucketOf,
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    calls,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
    [Symbol.asyncDispose]: () => fake.close(),
  };
  return fake;
}

function send(response: ServerResponse, answer: ReturnType<typeof s3ErrorAnswer>): void {
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body);
}

async function readRequest(message: IncomingMessage): Promise<S3Request | undefined> {
  const { pathname, searchParams: query } = new URL(message.url ?? '/', 'http://s3');
  const [, bucket = '', ...rest] = pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const operation = operationOf(message.method ?? '', key, query);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join() : value,
    ]),
  );
  const raw = Buffer.concat(chunks);
  const body = headers['content-encoding']?.includes('aws-chunked') === true ? withoutFraming(raw) : raw;
  return operation === undefined ? undefined : { operation, bucket, key, query, headers, body };
}

function operationOf(method: string, key: string, query: URLSearchParams): S3Operation | undefined {
  const isUpload = query.has('uploadId');
  if (key === '') {
    if (method !== 'GET') return undefined;
    return query.has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2';
  }
  switch (method) {
    case 'PUT':
      return isUpload ? 'UploadPart' : 'PutObject';
    case 'GET':
      return isUpload ? 'ListParts' : 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'DELETE':
      return isUpload ? 'AbortMultipartUpload' : 'DeleteObject';
    case 'POST':
      return isUpload
        ? 'CompleteMultipartUpload'
        : query.has('uploads')
          ? 'CreateMultipartUpload'
          : undefined;
    default:
      return undefined;
  }
}

/** Takes the SDK's framing off: `size;signature CRLF bytes CRLF`, until a size of 0 and the trailers. */
function withoutFraming(framed: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = framed.indexOf('\r\n', at, 'latin1');
    const size = Number.parseInt(framed.toString('latin1', at, end), 16);
    if (end === -1 || !(size > 0)) return Buffer.concat(parts);
    parts.push(framed.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
