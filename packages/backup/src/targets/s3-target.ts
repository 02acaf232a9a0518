import {
  type BytesInput,
  type Clock,
  type DurationInput,
  invalidOption,
  optionsOf,
  parseBytes,
  positiveDuration,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupTarget, ReadOptions, TargetCallOptions } from './backup-target.js';
import { s3Body } from './s3-body.js';
import { s3Caller } from './s3-call.js';
import type { S3Client, S3WriteInput } from './s3-client.js';
import { s3Error, s3Failure } from './s3-failure.js';
import { stageS3Object } from './s3-object.js';
import { sweepS3Uploads } from './s3-sweep.js';

export interface S3TargetOptions {
  /** `new S3({ region })` of `@aws-sdk/client-s3`, with your credentials. */
  readonly client: S3Client;
  readonly bucket: string;
  /** Put before every key: `kpi/`. @defaultValue '' */
  readonly prefix?: string;
  /**
   * Keeps every object from being replaced or removed for so many days, by whoever holds the credentials too. The bucket needs
   * Object Lock. What a failed run had committed already is hidden by a delete marker, and its bytes stay as long.
   */
  readonly objectLock?: { readonly mode: 'COMPLIANCE' | 'GOVERNANCE'; readonly days: number };
  readonly storageClass?: NonNullable<S3WriteInput['StorageClass']>;
  /** The service's own encryption, beneath ours. @defaultValue the bucket's */
  readonly serverSideEncryption?: 'AES256' | { readonly kmsKeyId: string };
  /** Two of them are held in memory; at least 5 MiB. They double after a thousand parts. @defaultValue '8mib' */
  readonly partSize?: BytesInput;
  /** Of one request. @defaultValue '2m' */
  readonly requestTimeout?: DurationInput;
  /** Of one request, on top of the client's own. @defaultValue 4 */
  readonly attempts?: number;
  /**
   * `bytes` reads every object again before the backup counts and compares its SHA-256; `size` compares its length and relies
   * on the checksums that went with each part. @defaultValue 'bytes'
   */
  readonly readBack?: 'bytes' | 'size';
  /** `false` for services without `If-None-Match`: a key is then looked for before it is written. @defaultValue true */
  readonly conditionalWrites?: boolean;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

const owner = 's3';
const leastPartBytes = 5 * 1024 * 1024;

const readOptions = optionsOf<S3TargetOptions>(owner, {
  client: true,
  bucket: true,
  prefix: true,
  objectLock: true,
  storageClass: true,
  serverSideEncryption: true,
  partSize: true,
  requestTimeout: true,
  attempts: true,
  readBack: true,
  conditionalWrites: true,
  clock: true,
});

/**
 * A bucket of Amazon S3 or of a service that speaks its language. Uploads are conditional on the key being free, carry a
 * checksum for each part, and are read back before the backup counts.
 *
 * @throws OptionsError
 *
 * @example
 * import { S3 } from '@aws-sdk/client-s3';
 * const target = s3({ client: new S3({ region: 'eu-central-1' }), bucket: 'backups', prefix: 'kpi/' });
 */
export function s3(options: S3TargetOptions): BackupTarget {
  const { client, bucket, prefix = '', objectLock, readBack = 'bytes', ...rest } = readOptions(options);
  const { conditionalWrites = true, clock = systemClock, attempts = 4 } = rest;
  if (typeof bucket !== 'string' || bucket === '')
    throw invalidOption(owner, 'bucket', 'the name of a bucket');
  if (prefix !== '' && !/^(?:[\w.-]+\/)+$/.test(prefix))
    throw invalidOption(owner, 'prefix', 'folders that end with a slash: "kpi/"');
  if (readBack !== 'bytes' && readBack !== 'size')
    throw invalidOption(owner, 'readBack', '"bytes" or "size"');
  const partBytes = parseBytes(rest.partSize ?? leastPartBytes + 3 * 1024 * 1024);
  if (partBytes < leastPartBytes) throw invalidOption(owner, 'partSize', 'at least 5 MiB, as S3 wants it');
  const timeoutMs = positiveDuration(owner, 'requestTimeout', rest.requestTimeout ?? '2m');
  const lockDays =
    objectLock === undefined ? 0 : wholeNumber(owner, 'objectLock.days', objectLock.days, { min: 1 });
  const name = `bucket ${bucket}${prefix === '' ? '' : ` under ${prefix}`}`;
  const call = s3Caller({
    target: name,
    attempts: wholeNumber(owner, 'attempts', attempts, { min: 1, max: 100 }),
    timeoutMs,
    clock,
  });
  const objectName = (key: string) => ({ Bucket: bucket, Key: prefix + key });

  function writeInput(key: string): S3WriteInput {
    const { storageClass, serverSideEncryption } = rest;
    return {
      ...objectName(key),
      ...(storageClass === undefined ? {} : { StorageClass: storageClass }),
      ...(serverSideEncryption === 'AES256' ? { ServerSideEncryption: 'AES256' } : {}),
      ...(typeof serverSideEncryption === 'object'
        ? { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: serverSideEncryption.kmsKeyId }
        : {}),
      ...(objectLock === undefined
        ? {}
        : {
            ObjectLockMode: objectLock.mode,
            ObjectLockRetainUntilDate: new Date(clock.now() + lockDays * 86_400_000),
          }),
    };
  }

  async function look(key: string, { signal }: TargetCallOptions) {
    return call({ what: `Looking at ${key}`, stage: 'read', signal }, (request) =>
      client.headObject(objectName(key), request).catch((error: unknown) => {
        if (s3Failure(error).status === 404) return undefined;
        throw error;
      }),
    );
  }

  /** A stream that breaks off is taken up again where it was. */
  async function* read(
    key: string,
    { start = 0, end, signal }: ReadOptions = {},
  ): AsyncGenerator<Uint8Array> {
    if (end !== undefined && end <= start) return;
    const size = (await look(key, { signal }))?.ContentLength;
    if (size === undefined) throw s3Error(new Error('missing'), missing(key));
    const total = Math.min(end ?? size, size); // a range that begins behind the last byte is an error to S3
    let at = start;
    for (let attempt = 1; at < total; ) {
      const before = at;
      try {
        const range = { Range: `bytes=${at}-${total - 1}` };
        const { Body } = await call({ what: `Reading ${key}`, stage: 'read', signal }, (request) =>
          client.getObject({ ...objectName(key), ...range }, request),
        );
        for await (const chunk of s3Body(Body, { timeoutMs, signal })) {
          at += chunk.length;
          yield chunk;
        }
        if (at < total && at === before) return; // shorter than `end`: whoever reads it compares lengths
      } catch (error) {
        signal?.throwIfAborted();
        if (!s3Failure(error).passing || (at === before && attempt >= attempts))
          throw s3Error(error, missing(key));
      }
      attempt = at === before ? attempt + 1 : 1;
    }
  }

  const missing = (key: string) =>
    ({ what: `Reading ${key}`, target: name, code: 'BACKUP_READ_FAILED', stage: 'read' }) as const;

  return {
    name,
    async stage(key, { signal }) {
      const write = writeInput(key);
      return stageS3Object({
        client,
        call,
        write,
        partBytes,
        conditionalWrites,
        readBack,
        signal,
        target: name,
        read: () => read(key, { signal }),
      });
    },
    async head(key, options = {}) {
      const found = await look(key, options);
      if (found?.ContentLength === undefined) return undefined;
      return { bytes: found.ContentLength, modifiedAt: found.LastModified ?? new Date(0) };
    },
    read,
    async *keys(wanted = '', { signal } = {}) {
      let token: string | undefined;
      do {
        const from = token === undefined ? {} : { ContinuationToken: token };
        const page = await call({ what: `Listing ${prefix}${wanted}`, stage: 'read', signal }, (request) =>
          client.listObjectsV2({ Bucket: bucket, Prefix: prefix + wanted, ...from }, request),
        );
        for (const { Key } of page.Contents ?? []) {
          if (Key?.startsWith(prefix)) yield Key.slice(prefix.length);
        }
        token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      } while (token !== undefined);
    },
    async delete(key, { signal } = {}) {
      const found = await look(key, { signal });
      if (found === undefined) return;
      const until = found.ObjectLockRetainUntilDate;
      if (until !== undefined && until.getTime() > clock.now()) {
        throw new BackupError(`${key} in ${name} is locked until ${until.toISOString()}.`, {
          code: 'BACKUP_LOCKED',
          stage: 'write',
          tool: 's3',
        });
      }
      await call({ what: `Removing ${key}`, stage: 'write', signal }, (request) =>
        client.deleteObject(objectName(key), request),
      );
    },
    // What is wrong with the bucket, writing says.
    sweep: ({ signal } = {}) =>
      sweepS3Uploads({ client, call, bucket, prefix, clock, signal }).catch(() => undefined),
  };
}
