/** Passed to every call. */
interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

interface ObjectName {
  Bucket: string;
  Key: string;
}

/** How an object is written: by one call or by many. */
export interface S3WriteInput extends ObjectName {
  Metadata?: Record<string, string>;
  StorageClass?: 'STANDARD' | 'STANDARD_IA' | 'ONEZONE_IA' | 'INTELLIGENT_TIERING' | 'GLACIER_IR';
  ServerSideEncryption?: 'AES256' | 'aws:kms';
  SSEKMSKeyId?: string;
  ObjectLockMode?: 'COMPLIANCE' | 'GOVERNANCE';
  ObjectLockRetainUntilDate?: Date;
}

export interface S3Part {
  ETag: string;
  PartNumber: number;
  ChecksumCRC32: string;
}

/**
 * What is needed of the AWS SDK's `S3` class (`@aws-sdk/client-s3`), which is passed in: credentials, region, proxies and
 * tracing are the caller's.
 */
export interface S3Client {
  putObject(
    input: S3WriteInput & { Body: Uint8Array; IfNoneMatch?: string; ChecksumCRC32: string },
    options?: CallOptions,
  ): Promise<unknown>;
  createMultipartUpload(
    input: S3WriteInput & { ChecksumAlgorithm: 'CRC32' },
    options?: CallOptions,
  ): Promise<{ UploadId?: string | undefined }>;
  uploadPart(
    input: ObjectName & { UploadId: string; PartNumber: number; Body: Uint8Array; ChecksumCRC32: string },
    options?: CallOptions,
  ): Promise<{ ETag?: string | undefined }>;
  completeMultipartUpload(
    input: ObjectName & { UploadId: string; IfNoneMatch?: string; MultipartUpload: { Parts: S3Part[] } },
    options?: CallOptions,
  ): Promise<unknown>;
  abortMultipartUpload(input: ObjectName & { UploadId: string }, options?: CallOptions): Promise<unknown>;
  listMultipartUploads(
    input: { Bucket: string; Prefix?: string; KeyMarker?: string; UploadIdMarker?: string },
    options?: CallOptions,
  ): Promise<{
    Uploads?:
      | ReadonlyArray<{
          Key?: string | undefined;
          UploadId?: string | undefined;
          Initiated?: Date | undefined;
        }>
      | undefined;
    IsTruncated?: boolean | undefined;
    NextKeyMarker?: string | undefined;
    NextUploadIdMarker?: string | undefined;
  }>;
  listParts(
    input: ObjectName & { UploadId: string; PartNumberMarker?: string },
    options?: CallOptions,
  ): Promise<{
    Parts?: ReadonlyArray<{ LastModified?: Date | undefined }> | undefined;
    IsTruncated?: boolean | undefined;
    NextPartNumberMarker?: string | undefined;
  }>;
  headObject(
    input: ObjectName,
    options?: CallOptions,
  ): Promise<{
    ContentLength?: number | undefined;
    LastModified?: Date | undefined;
    Metadata?: Record<string, string> | undefined;
    ObjectLockRetainUntilDate?: Date | undefined;
  }>;
  getObject(
    input: ObjectName & { Range?: string },
    options?: CallOptions,
  ): Promise<{ Body?: unknown; ContentLength?: number | undefined }>;
  listObjectsV2(
    input: { Bucket: string; Prefix?: string; ContinuationToken?: string },
    options?: CallOptions,
  ): Promise<{
    Contents?: ReadonlyArray<{ Key?: string | undefined }> | undefined;
    IsTruncated?: boolean | undefined;
    NextContinuationToken?: string | undefined;
  }>;
  deleteObject(input: ObjectName, options?: CallOptions): Promise<unknown>;
}
