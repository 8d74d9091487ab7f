import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Storage } from '../../shared/storage/s3/s3-storage.ts';
import { S3Url } from '../../shared/storage/s3/s3-url.ts';
import { recordingLog } from '../helpers/recording-log.ts';
import { describeWithS3 } from '../helpers/with-s3.ts';
import { describeDirectAccess } from './direct-access.ts';
import { describeImageStorage } from './image-storage.ts';
import { describeUploadParts } from './upload-parts.ts';

describeWithS3('on an S3 server', (server) => {
  async function opened() {
    const settings = S3Url.parse(server().urlOf(await server().newBucket(), 'photos'));
    const storage = await S3Storage.open(settings, recordingLog().log);
    const spoolPath = await mkdtemp(join(tmpdir(), 'darkroom-test-'));
    const dispose = async () => {
      storage.close();
      await rm(spoolPath, { recursive: true, force: true });
    };
    return { storage, spoolPath, dispose };
  }

  describeImageStorage('S3Storage', opened);
  describeDirectAccess('S3Storage', opened);
  describeUploadParts('S3Parts', async () => {
    const { storage, ...others } = await opened();
    return { parts: storage.parts, ...others };
  });
});
