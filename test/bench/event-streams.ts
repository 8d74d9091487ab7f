/**
 * What event streams cost the server: the memory of each while nothing comes and at the most, and how late an event is for all of them,
 * beside some that read nothing. `node test/bench/event-streams.ts [node|bun] [clients]`; needs Linux's /proc.
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { imagePath } from '../../testdata/expected.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';

const runtime = process.argv[2] === 'bun' ? 'bun' : 'node';
const clients = Number(process.argv[3] ?? 1_000);
const SILENT = 20;
const UPLOADS = 40;

/** Between two, so that each is alone. */
const PAUSE_MS = 150;

/** When nothing has come for so long, nothing more will. */
const QUIET_MS = 1_000;

/** Long enough for garbage of the opening to be collected. */
const REST_MS = 8_000;

async function memoryOf(service: RunningService, field: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${service.pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]);
}

/** Milliseconds from the time that is in a record, which is before its commit, until its event is here. */
const lateness: number[] = [];

async function openStream({ url }: RunningService, reads: boolean): Promise<Socket> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write('GET /events HTTP/1.1\r\nhost: darkroom\r\n\r\n');
  if (!reads) return socket.pause();
  socket.on('data', (piece: Buffer) => {
    const now = Date.now();
    for (const [, at = ''] of piece.toString('latin1').matchAll(/"updatedAt":"([^"]+)"/g))
      lateness.push(now - Date.parse(at));
  });
  return socket;
}

const quantile = (values: readonly number[], of: number): number =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) * of)] ?? Number.NaN;

const room = { MAX_EVENT_STREAMS: String(clients + SILENT), MAX_CONNECTIONS: String(2 * clients) };
await using service = await startService({ runtime, env: room });

/** One upload after the other, and what each took from its time in the record until its event was here. */
async function uploads(): Promise<void> {
  for (let count = 0; count < UPLOADS; count++) {
    await endOf(service, await upload(service, imagePath('tiny_1x1.png')));
    await sleep(PAUSE_MS);
  }
}

await uploads();
const first = await openStream(service, true);
await uploads();
await sleep(PAUSE_MS);
const ofOne = [...lateness];
lateness.length = 0;

await sleep(REST_MS);
const before = await memoryOf(service, 'VmRSS');
// "5" resets the peak: proc(5), clear_refs.
await writeFile(`/proc/${service.pid}/clear_refs`, '5');
const sockets = await Promise.all(Array.from({ length: clients - 1 }, () => openStream(service, true)));
await sleep(REST_MS);
const idle = await memoryOf(service, 'VmRSS');
const silent = await Promise.all(Array.from({ length: SILENT }, () => openStream(service, false)));
await uploads();
for (let told = -1; told < lateness.length; await sleep(QUIET_MS)) told = lateness.length;
const peak = await memoryOf(service, 'VmHWM');
for (const socket of [first, ...sockets, ...silent]) socket.destroy();

const kib = (more: number) => (more / clients).toFixed(1);
const late = (values: readonly number[]) =>
  `${quantile(values, 0.5)} ms in the median, ${quantile(values, 0.95)} in the 95th percentile, ${quantile(values, 1)} at the most`;
process.stdout.write(
  `${runtime}: one client alone: ${ofOne.length} events, ${late(ofOne)}\n` +
    `${clients} clients, and ${SILENT} that read nothing: ${kib(idle - before)} KiB each while nothing comes, ${kib(peak - before)} at the most\n` +
    `  ${lateness.length} events, ${late(lateness)}\n`,
);
