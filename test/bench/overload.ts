/**
 * What the service does at ten times what it can do: uploads that it accepts, against those at its own pace with the same CPU of
 * the generator burnt beside them, in turns; how soon it refuses the others, and whether its memory stays as it is; with
 * clients beside it that send next to nothing. `npm run bench:overload -- [--rounds 3] [--seconds 30] [--slow 2000] [node|bun]`.
 */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { imagePath } from '../../testdata/expected.ts';
import { startService } from '../helpers/service.ts';
import { mibOf } from './compare/processes.ts';
import { markdownTable } from './markdown.ts';
import { median } from './median.ts';
import { burnUpTo, coresUsedBy } from './overload/burn.ts';
import { closedLoop, openLoop, probe, type Seen } from './overload/load.ts';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '30' },
    slow: { type: 'string', default: '2000' },
  },
});
const runtime = positionals[0] === 'bun' ? 'bun' : 'node';
const MS = Number(given.seconds) * 1000;
const SLOW_CLIENTS = fileURLToPath(new URL('./overload/slow-clients.ts', import.meta.url));
const TIMES = 10;
/** One for each worker, and two that come next. */
const CLIENTS = 4;

const picture = await readFile(imagePath('testimage_200kb.jpg'));
await using service = await startService({ runtime, codeCache: false });
const rssMiB = async () => mibOf(await readFile(`/proc/${service.pid}/status`, 'utf8'), 'VmRSS');
const perSecond = ({ accepted }: Seen) => accepted / (MS / 1000);
const percentile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN;

// Until it is warm.
await closedLoop(service.url, picture, CLIENTS, 5_000);
const pace = perSecond(await closedLoop(service.url, picture, CLIENTS, MS));
const slow = spawn(process.execPath, [SLOW_CLIENTS, new URL(service.url).port, given.slow]);
const slowEnded = text(slow.stdout);

const rounds: { ratio: number; over: number; own: number }[] = [];
const refusedMs: number[] = [];
const probedMs: number[] = [];
const other: Record<string, number> = {};
const rss: number[] = [];
for (let round = 0; round < Number(given.rounds); round++) {
  const probing = new AbortController();
  const probed = probe(service.url, 100, probing.signal);
  const { result: over, cores } = await coresUsedBy(() => openLoop(service.url, picture, TIMES * pace, MS));
  rss.push(await rssMiB());
  probing.abort();
  probedMs.push(...(await probed));
  refusedMs.push(...over.refusedMs);
  for (const [what, count] of Object.entries(over.other)) other[what] = (other[what] ?? 0) + count;

  await using _ = burnUpTo(cores);
  const own = await closedLoop(service.url, picture, CLIENTS, MS);
  rounds.push({ ratio: over.accepted / own.accepted, over: perSecond(over), own: perSecond(own) });
  process.stdout.write(`${JSON.stringify({ ...rounds.at(-1), cores, rss: rss.at(-1) })}\n`);
}
slow.kill('SIGTERM');

const ms = (values: readonly number[], share: number) => percentile(values, share).toFixed(0);
process.stdout.write(
  `${markdownTable(
    [`ten times what it can do, ${given.rounds} × ${given.seconds} s`, runtime],
    [
      ['accepted a second at its own pace', median(rounds.map(({ own }) => own)).toFixed(1)],
      ['accepted a second at ten times that', median(rounds.map(({ over }) => over)).toFixed(1)],
      ['ratio', median(rounds.map(({ ratio }) => ratio)).toFixed(2)],
      ['refusals', String(refusedMs.length)],
      ['refused within, median, ms', ms(refusedMs, 0.5)],
      ['refused within, 99 %, ms', ms(refusedMs, 0.99)],
      ['probes answered within, 99 %, ms', ms(probedMs, 0.99)],
      ['other answers', JSON.stringify(other)],
      ['slow clients', await slowEnded],
      ['RSS of the server by round, MiB', rss.map((mib) => mib.toFixed(0)).join(', ')],
    ],
  )}\n`,
);
