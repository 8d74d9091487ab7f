/**
 * Forty JPEGs of 50 MP and ten AVIFs of 12 MP, all at once, to a service in a container of 1 GiB: whether all of them succeed, and
 * nothing is killed for memory. `npm run bench:small-container -- [node|bun]`; needs root and a memory controller.
 */
import sharp from 'sharp';
import { MemoryCgroup } from '../helpers/memory-cgroup.ts';
import { startService } from '../helpers/service.ts';
import { uniqueTrailer } from '../helpers/unique-bytes.ts';
import { endOf, type JobAnswer, upload } from '../helpers/upload.ts';
import { markdownTable } from './markdown.ts';
import { largePictures } from './peak-memory/large-pictures.ts';

const MIB = 1024 * 1024;
const LIMIT_MIB = 1024;

const runtime = process.argv[2] === 'bun' ? 'bun' : 'node';

const large = (await largePictures()).find(({ name }) => name.startsWith('JPEG, baseline'));
const jpeg = (await large?.file()) ?? Buffer.alloc(0);
const avif = await sharp(jpeg, { limitInputPixels: false })
  .resize(4000, 3000, { fit: 'fill' })
  .avif({ quality: 60, effort: 1 })
  .toBuffer();

await using cgroup = await MemoryCgroup.create(LIMIT_MIB * MIB);
await using service = await startService({
  runtime,
  prefix: cgroup.prefix,
  env: { JOB_TIMEOUT_MS: '120000' },
});
const pictures = [...Array<Buffer>(40).fill(jpeg), ...Array<Buffer>(10).fill(avif)];
const jobs = await Promise.all(
  pictures.map(async (picture) => {
    const own = Buffer.concat([picture, uniqueTrailer()]);
    return endOf(service, await upload(service, own));
  }),
);

const count = (text: (job: JobAnswer) => string) => {
  const counts: Record<string, number> = {};
  for (const job of jobs) counts[text(job)] = (counts[text(job)] ?? 0) + 1;
  return JSON.stringify(counts);
};
process.stdout.write(
  `${markdownTable(
    ['a container of 1 GiB', runtime],
    [
      ['jobs', count(({ status, failure }) => `${status}${failure ? ` ${failure}` : ''}`)],
      ['runs of a job', count(({ runs }) => String(runs.length))],
      ['killed for memory', String(await cgroup.kills())],
      ['most memory, with files, MiB', ((await cgroup.peakBytes()) / MIB).toFixed(0)],
    ],
  )}\n`,
);
