/**
 * What the coordination of many nodes costs, with jobs that do nothing: `npm run bench:scale -- [--seconds 15] [--nodes 1,2,4,8]
 * [--runs 8] [--clients 32]`. One api node without HTTP and files, worker nodes, and the database on this machine.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PostgresServer } from '../helpers/postgres-server.ts';
import { markdownTable } from './markdown.ts';
import { median } from './median.ts';
import type { NodeFigures } from './scale/node.ts';

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    nodes: { type: 'string', default: '1,2,4,8' },
    runs: { type: 'string', default: '8' },
    clients: { type: 'string', default: '32' },
  },
});
const SECONDS = Number(given.seconds);
const NODE = fileURLToPath(new URL('./scale/node.ts', import.meta.url));
/** Of proc(5), on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

await using server = await PostgresServer.start();
const database = await server.pid();
const rows: string[][] = [];
for (const count of given.nodes.split(',').map(Number)) rows.push(await measure(count));
const idle = await measureIdle();
process.stdout.write(
  `${markdownTable(
    [
      'worker nodes',
      'jobs/s',
      'CPU ms a job: api',
      'workers',
      'database',
      'round trips a job: api',
      'workers',
      'CPU in use, of 2 cores',
    ],
    rows,
  )}\n\n${idle}\n`,
);

async function start(role: 'api' | 'worker', count: string, url: string): Promise<ChildProcess> {
  const child = fork(NODE, [role, count, url]);
  await once(child, 'message');
  return child;
}

async function figuresOf(nodes: readonly ChildProcess[]): Promise<NodeFigures[]> {
  const answers = nodes.map((node) => once(node, 'message'));
  for (const node of nodes) node.send({ count: true });
  return (await Promise.all(answers)).map(([figures]) => figures);
}

async function measure(workerNodes: number): Promise<string[]> {
  const url = await server.newDatabase();
  const workers: ChildProcess[] = [];
  for (let node = 0; node < workerNodes; node++) workers.push(await start('worker', given.runs, url));
  const api = await start('api', given.clients, url);
  api.send({ begin: { pauseMs: 0 } });
  await sleep(3_000);
  await figuresOf([api, ...workers]);
  const before = cpuMsOf(database);
  const begin = performance.now();
  await sleep(SECONDS * 1000);
  const [ofApi, ...ofWorkers] = await figuresOf([api, ...workers]);
  const ms = performance.now() - begin;
  const databaseMs = cpuMsOf(database) - before;
  for (const node of [api, ...workers]) {
    node.send({ end: true });
    await once(node, 'exit');
  }
  if (!ofApi) throw new Error('the api node has told nothing');
  const jobs = sum(ofWorkers.map((it) => it.jobs));
  const workersMs = sum(ofWorkers.map((it) => it.cpuMs));
  const trips = sum(ofWorkers.map((it) => it.roundTrips));
  return [
    String(workerNodes),
    ((jobs / ms) * 1000).toFixed(0),
    (ofApi.cpuMs / ofApi.jobs).toFixed(2),
    (workersMs / jobs).toFixed(2),
    (databaseMs / jobs).toFixed(2),
    (ofApi.roundTrips / ofApi.jobs).toFixed(1),
    (trips / jobs).toFixed(1),
    ((ofApi.cpuMs + workersMs + databaseMs) / ms).toFixed(2),
  ];
}

/** From the commit that accepts a job to the start of its run, where nothing else is to be done. */
async function measureIdle(): Promise<string> {
  const url = await server.newDatabase();
  const workers = [await start('worker', '2', url), await start('worker', '2', url)];
  const api = await start('api', '1', url);
  api.send({ begin: { pauseMs: 100 } });
  await sleep(3_000);
  await figuresOf([api, ...workers]);
  await sleep(SECONDS * 1000);
  const startMs = (await figuresOf(workers)).flatMap((it) => it.startMs);
  for (const node of [api, ...workers]) {
    node.send({ end: true });
    await once(node, 'exit');
  }
  const sorted = startMs.toSorted((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
  return `From accept to start on idle nodes, ${sorted.length} jobs: median ${median(sorted).toFixed(1)} ms, 95 % within ${p95.toFixed(1)} ms`;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Of a process and all that it has started, those that have ended as well. */
function cpuMsOf(pid: number): number {
  const ticks = (of: number, fields: number[]) => {
    try {
      const stat = readFileSync(`/proc/${of}/stat`, 'utf8');
      const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // The state is the third field of proc(5).
      return sum(fields.map((field) => Number(rest[field - 3])));
    } catch {
      return 0;
    }
  };
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((of) => ticks(of, [4]) === pid);
  const all = ticks(pid, [14, 15, 16, 17]) + sum(children.map((child) => ticks(child, [14, 15])));
  return (all * 1000) / TICKS_PER_SECOND;
}
