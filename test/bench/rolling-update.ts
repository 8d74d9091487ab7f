/**
 * Rolling updates under a steady load: `npm run bench:rolling-update -- [--seconds 120] [--load 0.8]`, on Bun with DARKROOM_RUNTIME=bun. Two
 * api nodes and two with a worker each, PostgreSQL and the tests' S3 server on this machine. It measures what the nodes can do, sends a part
 * of that, and replaces all nodes again and again. Exit code 1 where an upload failed or was lost.
 */
import { parseArgs } from 'node:util';
import { slowPicture } from '../fixtures/fault-pictures.ts';
import { Balancer } from '../helpers/balancer.ts';
import { Cluster } from '../helpers/cluster.ts';
import { PostgresServer } from '../helpers/postgres-server.ts';
import { misread, type OfRole, replaceNodes } from '../helpers/rolling-update.ts';
import { S3Server } from '../helpers/s3-server.ts';
import { RUNTIME } from '../helpers/service.ts';
import { SteadyUploads } from '../helpers/steady-uploads.ts';
import { markdownTable } from './markdown.ts';

const { values: given } = parseArgs({
  options: { seconds: { type: 'string', default: '120' }, load: { type: 'string', default: '0.8' } },
});
const LOAD = Number(given.load);
const WORKERS = 2;
const CLIENTS = 2 * WORKERS;
/** So much longer than its decoder a run keeps its worker: what the nodes can do is then told by their number, and not by who uses the cores. */
const RUN_MS = 600;
/** Each process has its own code to compile. */
const WARM_MS = 5_000;
const MEASURED_MS = 10_000;

/** A new node takes from the cores that all share, so that uploads have to wait for a moment. */
const ENV = { QUEUE_DEPTH: '100', HANDOFF_TIMEOUT_MS: '30000' };
const NODES: OfRole = { api: { env: { DRAIN_DELAY_MS: '2000' } }, worker: {} };

await using postgres = await PostgresServer.start();
await using server = await S3Server.start();
await using cluster = await Cluster.start({
  server,
  database: await postgres.newDatabase(),
  apis: 0,
  workers: WORKERS,
  faults: true,
  env: ENV,
});
await using balancer = await Balancer.start();
for (let count = 0; count < 2; count++) await balancer.add((await cluster.startNode('api', NODES.api)).url);
using uploads = new SteadyUploads(balancer.url, () => slowPicture(RUN_MS));

await uploads.measureCapacity(CLIENTS, WARM_MS);
const capacity = await uploads.measureCapacity(CLIENTS, MEASURED_MS);
const [before, begin] = [uploads.accepted.length, performance.now()];
const done = new AbortController();
const sending = uploads.keepSending(capacity * LOAD, done.signal);
let updates = 0;
let forced = 0;
for (; performance.now() - begin < Number(given.seconds) * 1000; updates++) {
  const ends = await replaceNodes(cluster, balancer, NODES);
  forced += ends.filter(({ code }) => code !== 0).length;
}
done.abort();
await sending;
const seconds = (performance.now() - begin) / 1000;

const lost = await misread(balancer.url, uploads.accepted);
const figures = [
  RUNTIME,
  capacity.toFixed(1),
  (capacity * LOAD).toFixed(1),
  seconds.toFixed(0),
  String(updates * (2 + WORKERS)),
  String(uploads.accepted.length - before + uploads.failures.length),
  String(uploads.failures.length),
  String(lost.length),
];
const heads = ['', 'can do, pictures/s', 'sent/s', 'seconds', 'nodes replaced', 'uploads', 'failed', 'lost'];
process.stdout.write(`${markdownTable(heads, [figures])}\n`);
for (const fault of [...uploads.failures, ...lost].slice(0, 20)) process.stderr.write(`${fault}\n`);
if (forced > 0) process.stderr.write(`${forced} drains did not end by themselves\n`);
process.exitCode = uploads.failures.length + lost.length + forced > 0 ? 1 : 0;
