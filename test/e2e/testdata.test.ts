import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXPECTED, IMAGE_NAMES, imagePath } from '../../testdata/expected.ts';
import { filesBelow } from '../helpers/files-below.ts';
import { imageOf } from '../helpers/image-answer.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { storesOf } from '../helpers/stores.ts';
import { inEachSandbox } from '../helpers/strict.ts';
import { endOf, postImage, upload } from '../helpers/upload.ts';

inEachSandbox('each file of testdata is answered as its table says', (env) => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ env });
  });
  afterAll(() => service[Symbol.asyncDispose]());

  it.each(IMAGE_NAMES)('%s', async (name) => {
    const { answer } = EXPECTED[name];
    if (answer.status !== 200) {
      const refusal = await postImage(service, imagePath(name));
      expect(refusal.status).toBe(answer.status);
      const { code } = (await refusal.clone().json()) as { code: keyof typeof REFUSED };
      expect(REFUSED[code]).toBe(answer.status);
      await expectProblem(refusal, code);
      expect(await filesBelow(join(service.folder, 'spool'))).toEqual([]);
      return;
    }

    const accepted = await upload(service, await readFile(imagePath(name)));
    const job = await endOf(service, accepted);
    if (answer.ends !== 'either') expect(job.status).toBe(answer.ends);
    if (job.status !== 'succeeded')
      expect(job).toMatchObject({
        status: 'failed',
        failure: 'image_unreadable',
        runs: [{ outcome: 'rejected' }],
      });
    else expect(job).toMatchObject({ failure: null, runs: [{ outcome: 'succeeded' }] });

    const image = await imageOf(service, accepted);
    const original = await readFile(imagePath(name));
    expect(image.source.bytes).toBe(original.length);
    expect(image.source.sha256).toBe(createHash('sha256').update(original).digest('hex'));
    expect(image.variants).toHaveLength(job.status === 'succeeded' ? 6 : 0);
    expect(await (await storesOf(service)).original(image.id)).toEqual(original);
  });
});

const REFUSED = {
  unsupported_format: 415,
  damaged_header: 422,
  too_many_pixels: 422,
  too_many_frames: 422,
} as const;
