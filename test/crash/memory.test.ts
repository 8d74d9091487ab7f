import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { expectCleanEnd, expectWhole } from '../helpers/aftermath.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { startService } from '../helpers/service.ts';
import { upload } from '../helpers/upload.ts';

const LIMIT = 800 * 2 ** 20;
const HAS_PRLIMIT = spawnSync('prlimit', [`--data=${LIMIT}`, 'true']).status === 0;
const SMALL = 'testdata/images/testimage_small.jpg';

test.skipIf(!HAS_PRLIMIT)(
  'a picture that needs more memory than a worker may have fails alone, and is not blamed',
  async () => {
    const hungry = join(await ownFolder(), 'hungry.avif');
    const pixels = { width: 7_000, height: 7_000, channels: 3, background: 'green' } as const;
    await sharp({ create: pixels }).avif({ effort: 0 }).toFile(hungry);

    await using service = await startService({ env: { WORKER_MAX_DATA_BYTES: String(LIMIT) } });
    const accepted = [await upload(service, hungry), await upload(service, SMALL)];
    const jobs = await expectWhole(service, accepted);
    const [first, second] = accepted.map(({ id }) => jobs.get(id));
    expect(first).toMatchObject({ status: 'failed', failure: 'out_of_memory' });
    expect(second).toMatchObject({ status: 'succeeded' });
    expect(await (await service.fetch('/quarantine')).json()).toMatchObject({ quarantined: [] });
    await expectCleanEnd(service);
  },
);
