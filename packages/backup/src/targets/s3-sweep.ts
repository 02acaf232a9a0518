import type { Clock } from '@seaworthy/contracts';
import { abandonedMs, idOfKey } from '../manifest/layout.js';
import type { S3Caller } from './s3-call.js';
import type { S3Client } from './s3-client.js';

export interface S3SweepOptions {
  readonly client: S3Client;
  readonly call: S3Caller;
  readonly bucket: string;
  readonly prefix: string;
  readonly clock: Clock;
  readonly signal: AbortSignal | undefined;
}

interface Upload {
  readonly Key: string;
  readonly UploadId: string;
  readonly startedAt: number;
}

/** Ends the uploads of runs that started, and sent their last part, longer ago than {@link abandonedMs}. */
export async function sweepS3Uploads(options: S3SweepOptions): Promise<void> {
  const { client, call, bucket, clock, signal } = options;
  const runs = new Map<string, Upload[]>();
  for await (const { id, upload } of unfinishedUploads(options)) {
    runs.set(id, [...(runs.get(id) ?? []), upload]);
  }
  const isOld = (at: number): boolean => clock.now() - at > abandonedMs;
  for (const uploads of runs.values()) {
    // A run has one upload for each source, and those that are through wait for the last.
    if (!uploads.every(({ startedAt }) => isOld(startedAt))) continue;
    const lastSigns: number[] = [];
    for (const upload of uploads) lastSigns.push(await lastPartAt(options, upload));
    if (!lastSigns.every(isOld)) continue;
    for (const { Key, UploadId } of uploads) {
      await call({ what: `Ending the unfinished upload of ${Key}`, stage: 'write', signal }, (request) =>
        client.abortMultipartUpload({ Bucket: bucket, Key, UploadId }, request),
      );
    }
  }
}

async function* unfinishedUploads({
  client,
  call,
  bucket,
  prefix,
  signal,
}: S3SweepOptions): AsyncGenerator<{ readonly id: string; readonly upload: Upload }> {
  let from: { KeyMarker?: string; UploadIdMarker?: string } = {};
  for (let more = true; more; ) {
    const page = await call({ what: 'Listing unfinished uploads', stage: 'write', signal }, (request) =>
      client.listMultipartUploads({ Bucket: bucket, Prefix: prefix, ...from }, request),
    );
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key === undefined || UploadId === undefined || Initiated === undefined) continue;
      const id = Key.startsWith(prefix) ? idOfKey(Key.slice(prefix.length)) : undefined;
      if (id !== undefined) yield { id, upload: { Key, UploadId, startedAt: Initiated.getTime() } };
    }
    more = page.IsTruncated === true && page.NextKeyMarker !== undefined;
    from = {
      ...(page.NextKeyMarker === undefined ? {} : { KeyMarker: page.NextKeyMarker }),
      ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
    };
  }
}

async function lastPartAt(
  { client, call, bucket, signal }: S3SweepOptions,
  { Key, UploadId, startedAt }: Upload,
): Promise<number> {
  let last = startedAt;
  let from: { PartNumberMarker?: string } = {};
  for (let more = true; more; ) {
    const page = await call({ what: `Listing the parts of ${Key}`, stage: 'write', signal }, (request) =>
      client.listParts({ Bucket: bucket, Key, UploadId, ...from }, request),
    );
    for (const { LastModified } of page.Parts ?? []) last = Math.max(last, LastModified?.getTime() ?? 0);
    more = page.IsTruncated === true && page.NextPartNumberMarker !== undefined;
    from = page.NextPartNumberMarker === undefined ? {} : { PartNumberMarker: page.NextPartNumberMarker };
  }
  return last;
}
