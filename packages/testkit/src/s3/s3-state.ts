/** One stored version of an object. */
export interface S3Version {
  readonly id: string;
  readonly body: Buffer;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modifiedAt: Date;
  readonly lockedUntil: Date | undefined;
  /** What a delete leaves in a bucket with versions. */
  readonly isMarker: boolean;
}

export interface S3Upload {
  readonly id: string;
  readonly key: string;
  readonly startedAt: Date;
  readonly metadata: Readonly<Record<string, string>>;
  readonly lockedUntil: Date | undefined;
  readonly parts: Map<
    number,
    {
      readonly body: Buffer;
      readonly etag: string;
      readonly crc32: string | undefined;
      readonly modifiedAt: Date;
    }
  >;
}

/** What a bucket holds; object lock implies versions, as it does at Amazon. */
export class S3Bucket {
  readonly versions = new Map<string, S3Version[]>();
  readonly uploads = new Map<string, S3Upload>();
  /** Keys that were written while something visible had that key. */
  readonly overwritten: string[] = [];

  /** The visible version of that key. */
  current(key: string): S3Version | undefined {
    const newest = this.versions.get(key)?.at(-1);
    return newest === undefined || newest.isMarker ? undefined : newest;
  }

  keys(): readonly string[] {
    return [...this.versions.keys()].filter((key) => this.current(key) !== undefined).toSorted();
  }

  put(key: string, version: S3Version): void {
    if (this.current(key) !== undefined) this.overwritten.push(key);
    this.versions.set(key, [...(this.versions.get(key) ?? []), version]);
  }
}
