import { createHash, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { BackupError } from '../backup-error.js';
import type { ObjectDigest, StagedObject, TargetCallOptions } from './backup-target.js';
import type { S3Caller } from './s3-call.js';
import type { S3Client, S3Part, S3WriteInput } from './s3-client.js';
import { s3Failure } from './s3-failure.js';

/** Parts grow with their number, so that ten thousand of them hold 5 TB and a small backup needs little memory. */
const partsOfOneSize = 1_000;

/** The metadata that tells our object from another one under its key, when an answer was lost. */
const tokenName = 'seaworthy-upload';

export interface S3ObjectOptions {
  readonly client: S3Client;
  readonly call: S3Caller;
  readonly write: S3WriteInput;
  readonly partBytes: number;
  readonly conditionalWrites: boolean;
  readonly readBack: 'bytes' | 'size';
  readonly signal: AbortSignal;
  /** For messages. */
  readonly target: string;
  readonly read: () => AsyncIterable<Uint8Array>;
}

/**
 * One object on its way to S3: in parts while it comes, or by one call when it is small. Nobody sees anything of it before
 * `commit()` sent the last part and completed the upload.
 */
export function stageS3Object(options: S3ObjectOptions): StagedObject {
  const { client, call, partBytes, conditionalWrites, target } = options;
  const discarding = new AbortController();
  const signal = AbortSignal.any([options.signal, discarding.signal]);
  const token = randomUUID();
  const write: S3WriteInput = { ...options.write, Metadata: { [tokenName]: token } };
  const name = { Bucket: write.Bucket, Key: write.Key };
  const onlyIfAbsent = conditionalWrites ? { IfNoneMatch: '*' } : {};
  const parts: S3Part[] = [];
  let buffer = Buffer.allocUnsafe(partBytes);
  let filled = 0;
  let uploadId: string | undefined;
  let uploading: Promise<void> = Promise.resolve();
  let committed = false;
  let attempted = false;

  return {
    async write(chunk) {
      for (let at = 0; at < chunk.length; ) {
        // A full buffer waits for the byte after it: whether it is the last part decides how it is sent.
        if (filled === buffer.length) await flush();
        const part = chunk.subarray(at, at + buffer.length - filled);
        buffer.set(part, filled);
        filled += part.length;
        at += part.length;
      }
    },
    async commit(expected) {
      if (!conditionalWrites) await refuseTaken();
      if (uploadId === undefined) await putWhole();
      else await complete();
      committed = true;
      await readBack(expected);
    },
    async discard({ signal: limit } = {}) {
      discarding.abort();
      await uploading.catch(() => undefined);
      buffer = Buffer.alloc(0);
      const cleaning = {
        what: `Removing what was staged of ${name.Key}`,
        stage: 'write',
        signal: limit,
      } as const;
      if (uploadId !== undefined && !committed) {
        const upload = { ...name, UploadId: uploadId };
        // One that stays holds no name; a later run finds it.
        await call(cleaning, (request) => client.abortMultipartUpload(upload, request)).catch(
          () => undefined,
        );
      }
      // A commit whose answer was lost may have taken place.
      if (committed || (attempted && (await isOurs({ signal: limit }))))
        await call(cleaning, (request) => client.deleteObject(name, request));
    },
  };

  /** Sends what is buffered as a part, while the next one fills. */
  async function flush(): Promise<void> {
    await uploading;
    uploadId ??= await startUpload();
    const body = buffer.subarray(0, filled);
    const number = parts.length + 1;
    parts.push({ PartNumber: number, ETag: '', ChecksumCRC32: checksum(body) });
    buffer = Buffer.allocUnsafe(partBytes * 2 ** Math.floor(number / partsOfOneSize));
    filled = 0;
    uploading = uploadPart(number, body, uploadId);
    uploading.catch(() => undefined); // the next wait tells it
  }

  async function startUpload(): Promise<string> {
    const { UploadId } = await call({ what: `Starting ${name.Key}`, stage: 'write', signal }, (request) =>
      client.createMultipartUpload({ ...write, ChecksumAlgorithm: 'CRC32' }, request),
    );
    if (UploadId !== undefined) return UploadId;
    throw failed('gave no id for an upload', 'BACKUP_WRITE_FAILED');
  }

  async function uploadPart(number: number, body: Buffer, id: string): Promise<void> {
    const part = parts[number - 1];
    if (part === undefined) return;
    const { ETag } = await call(
      { what: `Writing part ${number} of ${name.Key}`, stage: 'write', signal },
      (request) =>
        client.uploadPart(
          { ...name, UploadId: id, PartNumber: number, Body: body, ChecksumCRC32: part.ChecksumCRC32 },
          request,
        ),
    );
    if (ETag === undefined) throw failed(`gave no ETag for part ${number}`, 'BACKUP_WRITE_FAILED');
    part.ETag = ETag;
  }

  async function complete(): Promise<void> {
    if (filled > 0) await flush();
    await uploading;
    const input = { ...name, UploadId: uploadId ?? '', MultipartUpload: { Parts: parts }, ...onlyIfAbsent };
    await commitCall((request) => client.completeMultipartUpload(input, request));
  }

  async function putWhole(): Promise<void> {
    const body = buffer.subarray(0, filled);
    const input = { ...write, Body: body, ChecksumCRC32: checksum(body), ...onlyIfAbsent };
    await commitCall((request) => client.putObject(input, request));
  }

  /** A second attempt finds the key taken or the upload gone when only the answer of the first was lost. */
  async function commitCall(
    work: (request: { abortSignal: AbortSignal }) => Promise<unknown>,
  ): Promise<void> {
    attempted = true;
    await call({ what: `Committing ${name.Key}`, stage: 'commit', signal }, async (request) => {
      try {
        await work(request);
      } catch (error) {
        const { status, name: reason } = s3Failure(error);
        if (status !== 412 && reason !== 'NoSuchUpload') throw error;
        if (await isOurs({ signal })) return;
        if (status === 412) throw taken();
        throw error;
      }
    });
  }

  async function isOurs({ signal: limit }: TargetCallOptions): Promise<boolean> {
    const found = await call({ what: `Looking at ${name.Key}`, stage: 'commit', signal: limit }, (request) =>
      client.headObject(name, request).catch((error: unknown) => {
        if (s3Failure(error).status === 404) return undefined;
        throw error;
      }),
    );
    return found?.Metadata?.[tokenName] === token;
  }

  async function refuseTaken(): Promise<void> {
    const found = await call({ what: `Looking at ${name.Key}`, stage: 'commit', signal }, (request) =>
      client.headObject(name, request).then(
        () => true,
        (error: unknown) => (s3Failure(error).status === 404 ? false : Promise.reject(error)),
      ),
    );
    if (found) throw taken();
  }

  async function readBack({ bytes, sha256 }: ObjectDigest): Promise<void> {
    if (options.readBack === 'size') {
      const { ContentLength } = await call(
        { what: `Looking at ${name.Key}`, stage: 'commit', signal },
        (request) => client.headObject(name, request),
      );
      if (ContentLength === bytes) return;
      throw failed(`has ${ContentLength} bytes of ${name.Key} instead of ${bytes}`, 'BACKUP_CORRUPT');
    }
    const hash = createHash('sha256');
    for await (const chunk of options.read()) hash.update(chunk);
    if (hash.digest('hex') !== sha256) throw failed(`gave back other bytes of ${name.Key}`, 'BACKUP_CORRUPT');
  }

  function taken(): BackupError {
    return new BackupError(`${target} has ${name.Key} already, and a backup is never overwritten.`, {
      code: 'BACKUP_EXISTS',
      stage: 'commit',
      tool: 's3',
    });
  }

  function failed(how: string, code: 'BACKUP_WRITE_FAILED' | 'BACKUP_CORRUPT'): BackupError {
    return new BackupError(`${target} ${how}.`, { code, stage: 'commit', tool: 's3' });
  }
}

function checksum(body: Uint8Array): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return sum.toString('base64');
}
