/**
 * The most memory that a worker takes for the largest picture of each format, in the service as it is: a worker of its own
 * for each. `npm run bench:memory -- [--only JPEG] [--write] [MORE PICTURES…]`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';
import { between, markdownTable } from './markdown.ts';
import { largePictures } from './peak-memory/large-pictures.ts';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: '' }, write: { type: 'boolean', default: false } },
});
const DOCUMENT = new URL('./README.md', import.meta.url);
const MIB = 1024 * 1024;

/** One worker, whatever it takes; all else as by default. */
const ENVIRONMENT = {
  N_WORKERS: '1',
  MAX_UPLOAD_BYTES: String(512 * MIB),
  JOB_TIMEOUT_MS: '600000',
};

const Ended = z.object({
  status: z.string(),
  failure: z.string().nullable(),
  runs: z.array(z.object({ peakRssBytes: z.int().nullable(), milliseconds: z.int().nullable() })).length(1),
});

/** MiB, from the start of the worker to the end of its only run, and the seconds of that. */
async function runOf(file: Uint8Array<ArrayBuffer>): Promise<[peak: string, seconds: string]> {
  await using service = await startService({ env: ENVIRONMENT });
  const job = Ended.parse(await endOf(service, await upload(service, file)));
  const [run] = job.runs;
  const peak = ((run?.peakRssBytes ?? Number.NaN) / MIB).toFixed(0);
  const seconds = ((run?.milliseconds ?? Number.NaN) / 1000).toFixed(1);
  return [job.failure ?? peak, seconds];
}

const pictures = [
  ...(await largePictures()).filter(({ name }) => name.startsWith(given.only)),
  ...positionals.map((path) => ({ name: basename(path), file: () => readFile(path) })),
];
const rows: string[][] = [];
for (const { name, file } of pictures) {
  const bytes = await file();
  rows.push([name, (bytes.length / MIB).toFixed(1), ...(await runOf(new Uint8Array(bytes)))]);
  process.stdout.write(`${rows.at(-1)?.join(': ')}\n`);
}
const table = markdownTable(['50 MP, six variants', 'file, MiB', "worker's peak RSS, MiB", 'seconds'], rows);
process.stdout.write(`${table}\n`);
if (given.write) {
  const about = `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}.`;
  const text = `${about}\n\n${table}`;
  await writeFile(DOCUMENT, between(await readFile(DOCUMENT, 'utf8'), 'peak-memory', text));
}
