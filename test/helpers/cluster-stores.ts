import { z } from 'zod';
import { sweep } from '../../server/upkeep/sweep.ts';
import { ImageId, RunId } from '../../shared/domain/ids.ts';
import { PostgresJobStore } from '../../shared/jobs/postgres/postgres-job-store.ts';
import type { Tables } from '../../shared/jobs/schema/tables.ts';
import { connect } from '../../shared/postgres/connect.ts';
import { Sessions } from '../../shared/postgres/sessions.ts';
import { S3Storage } from '../../shared/storage/s3/s3-storage.ts';
import { S3Url } from '../../shared/storage/s3/s3-url.ts';
import { NO_QUEUE } from './no-queue.ts';
import { copyOf, dropDatabase } from './postgres-server.ts';
import { recordingLog } from './recording-log.ts';
import { S3Buckets } from './s3-buckets.ts';
import { S3_ENVIRONMENT } from './s3-environment.ts';
import { sharedServer } from './shared-servers.ts';
import type { Leftovers, Stores } from './stores.ts';

const Counts = z.tuple([z.object({ interrupted: z.number(), queued: z.number() })]);

/** In a database and a bucket of their own, on the servers that all tests share. */
export class ClusterStores implements Stores {
  readonly env: Record<string, string>;
  readonly #database: string;
  readonly #buckets: S3Buckets;
  readonly #bucket: string;

  static async make(): Promise<ClusterStores> {
    const [migrated, endpoint] = await Promise.all([sharedServer('migrated'), sharedServer('s3')]);
    const buckets = new S3Buckets(() => endpoint);
    const [database, bucket] = await Promise.all([copyOf(migrated), buckets.newBucket()]);
    return new ClusterStores(database, buckets, bucket);
  }

  private constructor(database: string, buckets: S3Buckets, bucket: string) {
    this.env = { ...S3_ENVIRONMENT, DATABASE_URL: database, STORAGE_URL: buckets.urlOf(bucket) };
    this.#database = database;
    this.#buckets = buckets;
    this.#bucket = bucket;
  }

  originals(): Promise<string[]> {
    return this.#below('originals/');
  }

  published(): Promise<string[]> {
    return this.#below('variants/');
  }

  async parts(): Promise<Map<string, number>> {
    const keys = await this.#below('resumable/');
    const sizes = keys.map(
      async (key): Promise<[string, number]> => [
        key,
        (await this.#buckets.read(this.#bucket, `resumable/${key}`)).length,
      ],
    );
    return new Map(await Promise.all(sizes));
  }

  original(image: string): Promise<Buffer> {
    return this.#buckets.read(this.#bucket, `originals/${image}`);
  }

  removeOriginal(image: string): Promise<void> {
    return this.#buckets.remove(this.#bucket, `originals/${image}`);
  }

  strewOriginal(image: string): Promise<void> {
    return this.#buckets.put(this.#bucket, `originals/${image}`, 'left over');
  }

  strewVariant(run: string, file: string): Promise<void> {
    return this.#buckets.put(this.#bucket, `variants/${run}/${file}`, 'left over');
  }

  async leftovers(): Promise<Leftovers> {
    const images = (await this.originals()).map((id) => ImageId.parse(id));
    const sets = new Set((await this.published()).map((path) => RunId.parse(path.split('/')[0])));
    return this.#within(async (store, counts) => ({
      ...counts,
      unnamedSets: sets.size - (await store.publishedAmong([...sets])).length,
      orphanOriginals: images.length - (await store.originalsKeptAmong(images)).length,
    }));
  }

  async sweep(): Promise<void> {
    const storage = await S3Storage.open(S3Url.parse(this.env.STORAGE_URL), recordingLog().log);
    try {
      await this.#within((store) => sweep(store, storage, 0, new AbortController().signal));
    } finally {
      storage.close();
    }
  }

  /** The bucket ends with its server. */
  async end(): Promise<void> {
    this.#buckets[Symbol.dispose]();
    await dropDatabase(this.#database);
  }

  async #below(prefix: string): Promise<string[]> {
    const keys = await this.#buckets.keysOf(this.#bucket, prefix);
    return keys.map((key) => key.slice(prefix.length));
  }

  async #within<T>(
    work: (store: PostgresJobStore, counts: z.output<typeof Counts>[0]) => Promise<T>,
  ): Promise<T> {
    const pool = connect(this.#database, 2, 'darkroom tests');
    const store = new PostgresJobStore(new Sessions<Tables>(pool), 'test', NO_QUEUE);
    try {
      const { rows } = await pool.query(`
        select count(*) filter (where state = 'running') as interrupted, count(*) filter (where state = 'queued') as queued
        from jobs`);
      return await work(store, Counts.parse(rows)[0]);
    } finally {
      await store.close();
    }
  }
}
