import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { sweep } from '../../../server/upkeep/sweep.ts';
import { PostgresJobStore } from '../../../shared/jobs/postgres/postgres-job-store.ts';
import type { Tables } from '../../../shared/jobs/schema/tables.ts';
import { connect } from '../../../shared/postgres/connect.ts';
import { Sessions } from '../../../shared/postgres/sessions.ts';
import { S3Storage } from '../../../shared/storage/s3/s3-storage.ts';
import { S3Url } from '../../../shared/storage/s3/s3-url.ts';
import { NO_QUEUE } from '../../helpers/no-queue.ts';
import { recordingLog } from '../../helpers/recording-log.ts';
import type { S3Buckets } from '../../helpers/s3-buckets.ts';
import type { Files } from './files.ts';

/** A bucket that nodes share. */
export class Bucket implements Files {
  readonly #server: S3Buckets;
  readonly #name: string;

  constructor(server: S3Buckets, name: string) {
    this.#server = server;
    this.#name = name;
  }

  original(image: string): string {
    return `originals/${image}`;
  }

  variant(run: string, fileName: string): string {
    return `variants/${run}/${fileName}`;
  }

  read(key: string): Promise<Buffer | null> {
    return this.#server.read(this.#name, key).catch(() => null);
  }

  async besides(named: ReadonlySet<string>): Promise<string[]> {
    return (await this.#server.keysOf(this.#name)).filter((key) => !named.has(key));
  }

  /** What was begun in parts, and neither completed nor given up. */
  async openUploads(): Promise<string[]> {
    const { Uploads = [] } = await this.#server.client.send(
      new ListMultipartUploadsCommand({ Bucket: this.#name }),
    );
    return Uploads.map(({ Key, UploadId }) => `parts of ${Key}, upload ${UploadId}`);
  }

  /** As nodes do it, however young a file is. @param database what the records are in */
  async sweep(database: string): Promise<void> {
    const store = new PostgresJobStore(new Sessions<Tables>(connect(database, 2)), 'audit', NO_QUEUE);
    const storage = await S3Storage.open(S3Url.parse(this.#server.urlOf(this.#name)), recordingLog().log);
    try {
      await sweep(store, storage, 0, new AbortController().signal);
    } finally {
      storage.close();
      await store.close();
    }
  }
}
