import { readdir, readFile } from 'node:fs/promises';
import { settle } from '../crash/chaos/settle.ts';
import { descriptorsOf } from '../helpers/descriptors.ts';
import { eventually } from '../helpers/eventually.ts';
import { gone } from '../helpers/processes.ts';
import type { RunningService } from '../helpers/service.ts';
import type { Tell } from './audit.ts';
import { type FuzzedService, KEYS, WORKERS } from './fuzzed-service.ts';

/** One more process than may run at once. */
const SPARES = 1;

/** Lets what is under way end, looks whether the service is as it was at its start, and ends it. */
export async function endWhole({ service, temporary }: FuzzedService, tell: Tell): Promise<void> {
  if (service.process.exitCode !== null || service.process.signalCode !== null) {
    return tell('server', `ended by itself: ${JSON.stringify(await service.exited)}`, true);
  }
  await settle(async (path) => {
    const answer = await service.fetch(path, { headers: { authorization: `Bearer ${KEYS.all}` } });
    return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
  });
  const isWhole = async () => (await service.workerPids()).length === WORKERS + SPARES;
  await eventually('a whole pool', isWhole).catch((error) => tell('workers', String(error), true));
  const nothingOpen = async () => (await leftOpen(service)).length === 0;
  await eventually('the descriptors of the start', nothingOpen).catch(async () =>
    tell('descriptors', (await leftOpen(service)).join(' '), true),
  );
  const workers = await service.workerPids();
  await lookForEscapes(temporary, workers, tell);
  service.process.kill('SIGTERM');
  const { code, signal } = await service.exited;
  if (code !== 0) tell('server', `was to end with 0, and did with ${code ?? signal}`, true);
  await gone(workers).catch((error) => tell('workers', String(error), true));
}

/** What the service has open that it had not when it became ready. */
async function leftOpen({ pid, descriptors }: RunningService): Promise<string[]> {
  const before = [...(descriptors ?? [])];
  return (await descriptorsOf(pid)).filter((open) => {
    const place = before.indexOf(open);
    if (place >= 0) before.splice(place, 1);
    return place < 0;
  });
}

/** What a worker may have left that it should not: files for others, and processes of its own. */
async function lookForEscapes(temporary: string, workers: readonly number[], tell: Tell): Promise<void> {
  for (const name of await readdir(temporary)) tell('temporary files', name, true);
  for (const pid of workers) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    if (children.trim() !== '') tell(`worker ${pid}`, `has children: ${children}`, true);
  }
}
