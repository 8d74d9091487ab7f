import { onTestFinished } from 'vitest';
import { S3_LIMITS, type S3Limits } from '../../shared/storage/s3/s3-limits.ts';
import { S3Storage } from '../../shared/storage/s3/s3-storage.ts';
import { type S3Settings, S3Url } from '../../shared/storage/s3/s3-url.ts';
import { ownFolder } from './own-folder.ts';
import { type RecordingLog, recordingLog } from './recording-log.ts';
import type { S3Server } from './s3-server.ts';

export interface OpenS3Storage {
  storage: S3Storage;
  bucket: string;
  /** For files of the test. */
  folder: string;
  lines: RecordingLog['lines'];
}

/** A storage in a bucket of its own. @param endpoint by which it reaches the server, if not directly */
export async function openS3Storage(
  server: S3Server,
  limits: Partial<S3Limits> = {},
  endpoint = server.endpoint,
): Promise<OpenS3Storage> {
  const bucket = await server.newBucket();
  const settings: S3Settings = { ...S3Url.parse(server.urlOf(bucket, 'photos')), endpoint };
  const { log, lines } = recordingLog();
  const storage = await S3Storage.open(settings, log, { ...S3_LIMITS, ...limits });
  onTestFinished(() => storage.close());
  return { storage, bucket, folder: await ownFolder(), lines };
}
