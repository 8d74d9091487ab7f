import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Storage } from '../../shared/storage/s3/s3-storage.ts';
import { S3Url } from '../../shared/storage/s3/s3-url.ts';
import { recordingLog } from '../helpers/recording-log.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';
import { describeImageStorage } from './image-storage.ts';

describeWithS3('on an S3 server', (server) => {
  describeImageStorage('S3Storage', async () => {
    const settings = S3Url.parse(server().urlOf(await server().newBucket(), 'photos'));
    const storage = await S3Storage.open(settings, recordingLog().log);
    const spoolPath = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
    return {
      storage,
      spoolPath,
      dispose: async () => {
        storage.close();
        await rm(spoolPath, { recursive: true, force: true });
      },
    };
  });
});
