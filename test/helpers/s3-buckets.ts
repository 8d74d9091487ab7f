import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
} from '@aws-sdk/client-s3';
import { REGION, S3_ENVIRONMENT } from './s3-environment.ts';

/** What lies on an S3 server of the tests: to put things there, and to look at them, past the code under test. */
export class S3Buckets implements Disposable {
  readonly #endpointNow: () => string;
  #client: S3Client | null = null;

  /** @param endpoint asked for when it is first needed */
  constructor(endpoint: () => string) {
    this.#endpointNow = endpoint;
  }

  get endpoint(): string {
    return this.#endpointNow();
  }

  /** As servers that tests share are found by. */
  get url(): string {
    return this.endpoint;
  }

  get client(): S3Client {
    this.#client ??= new S3Client({
      endpoint: this.endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: {
        accessKeyId: S3_ENVIRONMENT.AWS_ACCESS_KEY_ID,
        secretAccessKey: S3_ENVIRONMENT.AWS_SECRET_ACCESS_KEY,
      },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    return this.#client;
  }

  async newBucket(): Promise<string> {
    const Bucket = `darkroom-${randomUUID()}`;
    await this.client.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  }

  /** The STORAGE_URL of what lies below a prefix of a bucket. */
  urlOf(bucket: string, prefix = ''): string {
    const query = new URLSearchParams({ endpoint: this.endpoint, region: REGION, pathStyle: 'true' });
    return `s3://${bucket}/${prefix}?${query}`;
  }

  /** The keys of all objects of a bucket that begin so. */
  async keysOf(Bucket: string, Prefix = ''): Promise<string[]> {
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: this.client }, { Bucket, Prefix }))
      keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
    return keys;
  }

  async read(Bucket: string, Key: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket, Key }));
    if (!Body) throw new Error(`${Key} has no body`);
    return Buffer.from(await Body.transformToByteArray());
  }

  async put(Bucket: string, Key: string, Body: string): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket, Key, Body }));
  }

  async remove(Bucket: string, Key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket, Key }));
  }

  [Symbol.dispose](): void {
    this.#client?.destroy();
  }
}
