import { createHash, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type S3Answer, s3ErrorAnswer, tag, tagsOf, xml } from './s3-answer.js';
import type { S3Operation } from './s3-faults.js';
import type { S3Bucket, S3Upload, S3Version } from './s3-state.js';

/** One request, understood. */
export interface S3Request {
  readonly operation: S3Operation;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface S3CallContext {
  readonly bucket: S3Bucket;
  readonly now: Date;
  /** Flips a bit of what is stored. */
  readonly corrupt: boolean;
  readonly versions: boolean;
  readonly conditionalWrites: boolean;
  /** Of a page of a listing. */
  readonly pageSize: number;
}

/** Does what the request asks and says what Amazon would. */
export function answerS3(request: S3Request, context: S3CallContext): S3Answer {
  switch (request.operation) {
    case 'PutObject':
      return putObject(request, context);
    case 'GetObject':
    case 'HeadObject':
      return getObject(request, context);
    case 'DeleteObject':
      return deleteObject(request, context);
    case 'ListObjectsV2':
      return listObjects(request, context);
    case 'CreateMultipartUpload':
      return createUpload(request, context);
    case 'UploadPart':
      return uploadPart(request, context);
    case 'CompleteMultipartUpload':
      return completeUpload(request, context);
    case 'AbortMultipartUpload':
      return abortUpload(request, context);
    case 'ListMultipartUploads':
      return listUploads(request, context);
    case 'ListParts':
      return listParts(request, context);
  }
}

function putObject(request: S3Request, context: S3CallContext): S3Answer {
  const refused = refusal(request, context) ?? checksumRefusal(request);
  if (refused !== undefined) return refused;
  const version = versionOf(stored(request.body, context), request.headers, context);
  context.bucket.put(request.key, version);
  return { status: 200, headers: { etag: version.etag } };
}

/** Conditional writes. Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes". */
function refusal({ key, headers }: S3Request, context: S3CallContext): S3Answer | undefined {
  if (headers['if-none-match'] === undefined) return undefined;
  if (!context.conditionalWrites) return s3ErrorAnswer(501, 'NotImplemented');
  return context.bucket.current(key) === undefined ? undefined : s3ErrorAnswer(412, 'PreconditionFailed');
}

function checksumRefusal({ headers, body }: S3Request): S3Answer | undefined {
  const sum = headers['x-amz-checksum-crc32'];
  if (sum !== undefined && sum !== crc32Of(body)) return s3ErrorAnswer(400, 'BadDigest');
  const sha256 = headers['x-amz-checksum-sha256'];
  if (sha256 !== undefined && sha256 !== createHash('sha256').update(body).digest('base64'))
    return s3ErrorAnswer(400, 'BadDigest');
  return undefined;
}

function getObject({ operation, key, headers }: S3Request, { bucket }: S3CallContext): S3Answer {
  const found = bucket.current(key);
  if (found === undefined) return s3ErrorAnswer(404, 'NoSuchKey');
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const size = found.body.length;
  const from = Number(first ?? 0);
  const to = Math.min(last === undefined || last === '' ? size - 1 : Number(last), size - 1);
  if (first !== undefined && from >= size) return s3ErrorAnswer(416, 'InvalidRange');
  const body = found.body.subarray(from, to + 1);
  return {
    status: first === undefined ? 200 : 206,
    headers: {
      etag: found.etag,
      'last-modified': found.modifiedAt.toUTCString(),
      'content-length': String(body.length),
      'content-type': 'application/octet-stream',
      ...(first === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${size}` }),
      ...(found.lockedUntil === undefined
        ? {}
        : {
            'x-amz-object-lock-mode': 'COMPLIANCE',
            'x-amz-object-lock-retain-until-date': found.lockedUntil.toISOString(),
          }),
      ...Object.fromEntries(
        Object.entries(found.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]),
      ),
    },
    ...(operation === 'HeadObject' ? {} : { body }),
  };
}

function deleteObject({ key, query }: S3Request, context: S3CallContext): S3Answer {
  const { bucket, now, versions } = context;
  const wanted = query.get('versionId');
  if (wanted !== null) {
    const all = bucket.versions.get(key) ?? [];
    const locked = all.find((version) => version.id === wanted)?.lockedUntil;
    if (locked !== undefined && locked > now) return s3ErrorAnswer(403, 'AccessDenied');
    bucket.versions.set(
      key,
      all.filter((version) => version.id !== wanted),
    );
  } else if (versions) {
    if (bucket.current(key) !== undefined)
      bucket.versions.get(key)?.push({ ...versionOf(Buffer.alloc(0), {}, context), isMarker: true });
  } else {
    bucket.versions.delete(key);
  }
  return { status: 204 };
}

function listObjects({ query }: S3Request, { bucket, pageSize }: S3CallContext): S3Answer {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const keys = bucket.keys().filter((key) => key.startsWith(prefix) && key > after);
  const page = keys.slice(0, pageSize);
  const more = keys.length > page.length;
  const contents = page.map((key) => {
    const { body, etag, modifiedAt } = bucket.current(key) ?? { body: '', etag: '', modifiedAt: new Date(0) };
    return `<Contents>${tag('Key', key)}${tag('LastModified', modifiedAt.toISOString())}${tag('ETag', etag)}${tag('Size', body.length)}</Contents>`;
  });
  return xml(
    'ListBucketResult',
    tag('IsTruncated', more) +
      tag('KeyCount', page.length) +
      (more ? tag('NextContinuationToken', page.at(-1) ?? '') : '') +
      contents.join(''),
  );
}

function createUpload({ bucket, key, headers }: S3Request, context: S3CallContext): S3Answer {
  const id = randomUUID();
  context.bucket.uploads.set(id, {
    id,
    key,
    startedAt: context.now,
    metadata: metadataOf(headers),
    lockedUntil: lockOf(headers),
    parts: new Map(),
  });
  return xml('InitiateMultipartUploadResult', tag('Bucket', bucket) + tag('Key', key) + tag('UploadId', id));
}

function uploadOf({ key, query }: S3Request, { bucket }: S3CallContext): S3Upload | undefined {
  const upload = bucket.uploads.get(query.get('uploadId') ?? '');
  return upload?.key === key ? upload : undefined;
}

const noSuchUpload = s3ErrorAnswer(404, 'NoSuchUpload');

function uploadPart(request: S3Request, context: S3CallContext): S3Answer {
  const upload = uploadOf(request, context);
  if (upload === undefined) return noSuchUpload;
  const refused = checksumRefusal(request);
  if (refused !== undefined) return refused;
  const body = stored(request.body, context);
  const etag = etagOf(request.body);
  upload.parts.set(Number(request.query.get('partNumber')), {
    body,
    etag,
    crc32: request.headers['x-amz-checksum-crc32'],
    modifiedAt: context.now,
  });
  return { status: 200, headers: { etag } };
}

const leastPartBytes = 5 * 1024 * 1024;

function completeUpload(request: S3Request, context: S3CallContext): S3Answer {
  const upload = uploadOf(request, context);
  if (upload === undefined) return noSuchUpload;
  const refused = refusal(request, context);
  if (refused !== undefined) return refused;
  const text = request.body.toString('utf8');
  const etags = tagsOf(text, 'ETag');
  const sums = tagsOf(text, 'ChecksumCRC32');
  const numbers = tagsOf(text, 'PartNumber').map(Number);
  if (numbers.length === 0) return s3ErrorAnswer(400, 'MalformedXML');
  const bodies: Buffer[] = [];
  for (const [index, number] of numbers.entries()) {
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== etags[index]) return s3ErrorAnswer(400, 'InvalidPart');
    if (part.crc32 !== undefined && part.crc32 !== sums[index]) return s3ErrorAnswer(400, 'InvalidPart');
    if (index > 0 && number <= (numbers[index - 1] ?? 0)) return s3ErrorAnswer(400, 'InvalidPartOrder');
    if (index < numbers.length - 1 && part.body.length < leastPartBytes)
      return s3ErrorAnswer(400, 'EntityTooSmall');
    bodies.push(part.body);
  }
  const { metadata, lockedUntil, key } = upload;
  const version = versionOf(Buffer.concat(bodies), {}, context);
  context.bucket.put(key, { ...version, metadata, lockedUntil });
  context.bucket.uploads.delete(upload.id);
  return xml(
    'CompleteMultipartUploadResult',
    tag('Bucket', request.bucket) + tag('Key', key) + tag('ETag', version.etag),
  );
}

function abortUpload(request: S3Request, context: S3CallContext): S3Answer {
  const upload = uploadOf(request, context);
  if (upload === undefined) return noSuchUpload;
  context.bucket.uploads.delete(upload.id);
  return { status: 204 };
}

function listUploads({ query }: S3Request, { bucket, pageSize }: S3CallContext): S3Answer {
  const prefix = query.get('prefix') ?? '';
  const afterId = query.get('upload-id-marker') ?? '';
  const all = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix));
  const start = all.findIndex(({ id }) => id === afterId) + 1;
  const page = all.slice(start, start + pageSize);
  const last = page.at(-1);
  const more = start + page.length < all.length;
  const uploads = page.map(
    ({ key, id, startedAt }) =>
      `<Upload>${tag('Key', key)}${tag('UploadId', id)}${tag('Initiated', startedAt.toISOString())}</Upload>`,
  );
  const next =
    more && last !== undefined ? tag('NextKeyMarker', last.key) + tag('NextUploadIdMarker', last.id) : '';
  return xml('ListMultipartUploadsResult', tag('IsTruncated', more) + next + uploads.join(''));
}

function listParts(request: S3Request, context: S3CallContext): S3Answer {
  const upload = uploadOf(request, context);
  if (upload === undefined) return noSuchUpload;
  const parts = [...upload.parts].map(
    ([number, { body, etag, modifiedAt }]) =>
      `<Part>${tag('PartNumber', number)}${tag('LastModified', modifiedAt.toISOString())}${tag('ETag', etag)}${tag('Size', body.length)}</Part>`,
  );
  return xml('ListPartsResult', tag('IsTruncated', false) + parts.join(''));
}

function stored(body: Buffer, { corrupt }: S3CallContext): Buffer {
  const copy = Buffer.from(body);
  if (corrupt && copy.length > 0) copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
  return copy;
}

function versionOf(body: Buffer, headers: S3Request['headers'], { now }: S3CallContext): S3Version {
  return {
    id: randomUUID(),
    body,
    etag: etagOf(body),
    metadata: metadataOf(headers),
    modifiedAt: now,
    lockedUntil: lockOf(headers),
    isMarker: false,
  };
}

function metadataOf(headers: S3Request['headers']): Readonly<Record<string, string>> {
  const prefix = 'x-amz-meta-';
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value = '']) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

function lockOf(headers: S3Request['headers']): Date | undefined {
  const until = headers['x-amz-object-lock-retain-until-date'];
  return until === undefined ? undefined : new Date(until);
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function crc32Of(body: Buffer): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return sum.toString('base64');
}
