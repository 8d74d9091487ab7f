/**
 * What metrics and logs cost: CPU seconds an upload, of the service and its workers together, with its log at `info` and metrics that
 * are read once a second, against a checkout without them, whose log is silent. In alternating pairs, on the same pictures.
 * `npm run bench:telemetry -- [--pairs 10] [--uploads 60] [--before CHECKOUT] [--collector]`. Without a checkout of before, this one
 * with a silent log and metrics that nobody reads is what it is compared with. With a collector, logs and traces are sent as well.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { imagePath } from '../../testdata/expected.ts';
import { Collector } from '../helpers/collector.ts';
import { familyOf } from '../helpers/processes.ts';
import { dataFolder } from '../helpers/service.ts';
import { uniqueTrailer } from '../helpers/unique-bytes.ts';
import { cpuMs } from './compare/processes.ts';
import { median } from './median.ts';

const { values: given } = parseArgs({
  options: {
    pairs: { type: 'string', default: '10' },
    uploads: { type: 'string', default: '60' },
    before: { type: 'string' },
    collector: { type: 'boolean', default: false },
  },
});
const PAIRS = Number(given.pairs);
const UPLOADS = Number(given.uploads);
const HERE = fileURLToPath(new URL('../../', import.meta.url));
const BEFORE = given.before === undefined ? HERE : resolve(given.before);
/** So many first uploads are not counted: code is compiled, and memory taken. */
const WARM = 10;
const READ_EVERY_MS = 1_000;

const picture = await readFile(imagePath('testimage_200kb.jpg'));

interface Side {
  name: string;
  checkout: string;
  env: Record<string, string>;
  isRead: boolean;
}

await using collector = given.collector ? await Collector.open() : null;
const SIDES: [Side, Side] = [
  { name: 'without', checkout: BEFORE, env: { LOG_LEVEL: 'silent' }, isRead: false },
  {
    name: 'with',
    checkout: HERE,
    env: { LOG_LEVEL: 'info', ...(collector && { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }) },
    isRead: true,
  },
];

/** CPU milliseconds an upload: of the service alone, which does what is measured here, and with its workers. */
interface Cpu {
  service: number;
  all: number;
}

async function measure({ checkout, env, isRead }: Side): Promise<Cpu> {
  const folder = await dataFolder();
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const url = `http://127.0.0.1:${port}`;
  const service = spawn('node', ['--max-semi-space-size=2', join(checkout, 'server/main.ts')], {
    env: {
      PATH: `${join(HERE, 'node_modules/.bin')}:${process.env.PATH}`,
      BASE_PATH: folder,
      PORT: String(port),
      N_WORKERS: '2',
      QUEUE_DEPTH: '4',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  service.stdout.resume();
  try {
    await ready(url);
    const reading = isRead ? setInterval(() => void fetch(`${url}/metrics`), READ_EVERY_MS) : undefined;
    await uploads(url, WARM);
    const before = await cpuOf(service);
    await uploads(url, UPLOADS);
    const after = await cpuOf(service);
    clearInterval(reading);
    return {
      service: (after.service - before.service) / UPLOADS,
      all: (after.all - before.all) / UPLOADS,
    };
  } finally {
    service.kill('SIGKILL');
    await once(service, 'close');
    await rm(folder, { recursive: true, force: true });
  }
}

async function ready(url: string): Promise<void> {
  while (
    !(await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await new Promise((wait) => setTimeout(wait, 50));
}

/** One after the other, each to its end: nothing is refused, and nothing is left over. */
async function uploads(url: string, many: number): Promise<void> {
  for (let done = 0; done < many; done++) {
    const body = Buffer.concat([picture, uniqueTrailer()]);
    const headers = { 'content-type': 'image/jpeg', prefer: 'wait=60' };
    const answer = await fetch(`${url}/upload`, { method: 'POST', body, headers });
    const { status } = (await answer.json()) as { status: string };
    if (status !== 'succeeded') throw new Error(`an upload has ${status}`);
  }
}

async function cpuOf({ pid }: ChildProcess): Promise<Cpu> {
  if (pid === undefined) throw new Error('the service has no pid');
  return { service: await cpuMs([pid]), all: await cpuMs(familyOf(pid)) };
}

const pairs: { without: Cpu; with: Cpu }[] = [];
for (let pair = 0; pair < PAIRS; pair++) {
  const isFirst = pair % 2 === 0;
  const [one, other] = isFirst ? SIDES : ([SIDES[1], SIDES[0]] as const);
  const [first, second] = [await measure(one), await measure(other)];
  const measured = isFirst ? { without: first, with: second } : { without: second, with: first };
  pairs.push(measured);
  process.stdout.write(
    `${Object.entries(measured)
      .map(
        ([name, { service, all }]) => `${name}: service ${service.toFixed(2)} ms, all ${all.toFixed(1)} ms`,
      )
      .join('; ')}\n`,
  );
}
const all = median(pairs.map(({ without }) => without.all));
const more = median(pairs.map((pair) => pair.with.service - pair.without.service));
process.stdout.write(
  `CPU an upload: ${all.toFixed(1)} ms without; the service takes ${more.toFixed(2)} ms more with it, ` +
    `${((more / all) * 100).toFixed(2)} %; median of ${PAIRS} ratios of all: ` +
    `${median(pairs.map((pair) => pair.with.all / pair.without.all)).toFixed(3)}\n`,
);
