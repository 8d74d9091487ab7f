import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { rawRequest } from '../helpers/http-exchange.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { sha256Of } from '../helpers/job-records.ts';
import { FORM_TYPE, multipartBody } from '../helpers/multipart-body.ts';
import { startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { Accepted, endOf } from '../helpers/upload.ts';

const UPLOADS = 8;
/** The default of MAX_UPLOAD_BYTES. */
const BYTES = 20 * 2 ** 20;
const JPEG = await readFile(imagePath('testimage_small.jpg'));

/** A picture of exactly the limit, unlike every other: decoders read no further than its end-of-image marker. */
function largeImage(number: number): Buffer {
  const image = Buffer.alloc(BYTES, number + 1);
  JPEG.copy(image);
  return image;
}

// What it takes of memory is measured in test/bench.
it('eight uploads of 20 MiB at once, as forms, raw and chunked, are each kept as they were sent', async () => {
  await using service = await startService({ env: { QUEUE_DEPTH: String(UPLOADS) } });
  const images = Array.from({ length: UPLOADS }, (_, number) => largeImage(number));
  const answers = await Promise.all(
    images.map((image, number) => {
      const isForm = number % 2 === 0;
      const isChunked = number % 4 < 2;
      const body = isForm ? multipartBody([{ name: 'image', fileName: 'a.jpg', data: image }]) : image;
      const headers = {
        'content-type': isForm ? FORM_TYPE : 'image/jpeg',
        ...(!isChunked && { 'content-length': body.length }),
      };
      return rawRequest(service, '/upload', { headers, body });
    }),
  );
  expect(answers.map(({ status }) => status)).toEqual(images.map(() => 200));
  expect(await filesBelow(join(service.folder, 'spool'))).toEqual([]);

  const stores = await storesOf(service);
  for (const [number, image] of images.entries()) {
    const accepted = Accepted.parse(JSON.parse(answers[number]?.body ?? ''));
    const sha256 = sha256Of(image);
    expect((await imageOf(service, accepted)).source).toMatchObject({ bytes: BYTES, sha256 });
    expect(sha256Of(await stores.original(accepted.id))).toBe(sha256);
    expect(await endOf(service, accepted)).toMatchObject({ status: 'succeeded' });
  }
}, 60_000);
