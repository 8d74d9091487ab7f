/**
 * Photos a second of worker nodes with one worker each, against as many workers on one node, in turns: `npm run bench:scale-images --
 * [--rounds 3] [--seconds 20] [--workers 1,2,4]`. One api node, PostgreSQL and the tests' S3 server on this machine.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { imagePath } from '../../testdata/expected.ts';
import { PostgresServer } from '../helpers/postgres-server.ts';
import { S3_ENVIRONMENT } from '../helpers/s3-environment.ts';
import { S3Server } from '../helpers/s3-server.ts';
import { dataFolder, type RunningService, spawnService, startService } from '../helpers/service.ts';
import { markdownTable } from './markdown.ts';
import { median } from './median.ts';
import { closedLoop } from './overload/load.ts';

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '20' },
    workers: { type: 'string', default: '1,2,4' },
  },
});
const MS = Number(given.seconds) * 1000;
/** Each process has its own code to compile: four of them are slower at first. */
const WARM_MS = 20_000;

const isSuccess = (line: RunningService['lines'][number]) =>
  line.msg === 'run settled' && line.outcome === 'succeeded';

const picture = await readFile(imagePath('testimage_200kb.jpg'));
await using server = await PostgresServer.start();
await using s3 = await S3Server.start();

const rows: string[][] = [];
for (const workers of given.workers.split(',').map(Number)) {
  const [apart, together]: [number[], number[]] = [[], []];
  for (let round = 0; round < Number(given.rounds); round++) {
    // In turns, as the one that comes second finds a machine that is warmer, or busier.
    const [first, second] = round % 2 === 0 ? [apart, together] : [together, apart];
    for (const place of [first, second])
      place.push(await (place === apart ? measure(workers, 1) : measure(1, workers)));
    process.stderr.write(`${workers} workers: ${apart.at(-1)?.toFixed(2)}, ${together.at(-1)?.toFixed(2)}\n`);
  }
  const ratios = apart.map((it, round) => it / (together[round] ?? Number.NaN));
  rows.push([
    String(workers),
    median(apart).toFixed(2),
    median(together).toFixed(2),
    median(ratios).toFixed(2),
  ]);
}
process.stdout.write(
  `${markdownTable(['workers', 'nodes of one each, photos/s', 'one node, photos/s', 'ratio'], rows)}\n`,
);

/** Photos a second, with always more uploads on their way than there are workers. */
async function measure(nodes: number, workersEach: number): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const env = {
    ...S3_ENVIRONMENT,
    DATABASE_URL: await server.newDatabase(),
    STORAGE_URL: s3.urlOf(await s3.newBucket()),
    QUEUE_DEPTH: '4',
    HANDOFF_TIMEOUT_MS: '10000',
  };
  const services: RunningService[] = [];
  for (let node = 0; node < nodes; node++) {
    const options = { env: { ...env, ROLE: 'worker', N_WORKERS: String(workersEach) }, codeCache: false };
    services.push(stack.use(await startService(options)));
  }
  const api = await startApi(stack, env);
  const uploads = closedLoop(api.url, picture, nodes * workersEach + 4, WARM_MS + MS);
  const done = () => services.flatMap(({ lines }) => lines).filter(isSuccess).length;
  await sleep(WARM_MS);
  const [before, begin] = [done(), performance.now()];
  await sleep(MS);
  const perSecond = ((done() - before) / (performance.now() - begin)) * 1000;
  await uploads;
  return perSecond;
}

async function startApi(stack: AsyncDisposableStack, env: Record<string, string>): Promise<RunningService> {
  const api = stack.use(
    await spawnService(await dataFolder(), { env: { ...env, ROLE: 'api' }, codeCache: false }),
  );
  const { url } = await api.logged('listening');
  return Object.assign(api, { url });
}
