import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagePath } from '../../testdata/expected.ts';
import { bootFault } from '../helpers/boot-fault.ts';
import { eventually } from '../helpers/eventually.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { freezeWorkers, signal, startedWorkers, thaw } from '../helpers/processes.ts';
import { type RunningService, SANDBOX, spawnService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';

const TINY = imagePath('tiny_1x1.png');

async function probe(service: RunningService, path: '/livez' | '/readyz') {
  const answer = await service.fetch(path);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return { status: answer.status, body: await answer.json() };
}

it('the service is alive from the first, and ready when a worker is', async () => {
  const folder = await ownFolder();
  await using service = await spawnService(folder, { env: { N_WORKERS: '1' }, faults: true, folder });
  {
    await using _ = await bootFault(folder, 'never-ready');
    const { url } = await service.logged('listening');
    Object.assign(service, { url });
    expect(await probe(service, '/livez')).toEqual({ status: 200, body: { status: 'alive' } });
    const notReady = { status: 503, body: { status: 'not ready', reason: 'no worker is ready' } };
    expect(await probe(service, '/readyz')).toEqual(notReady);
    await eventually('workers', async () => (await startedWorkers(service)).length === 2);
  }
  // Those that have met the fault never become ready; the next ones do.
  for (const pid of await startedWorkers(service)) signal(pid, 'SIGKILL');
  await service.logged('worker ready');
  expect(await probe(service, '/readyz')).toEqual({ status: 200, body: { status: 'ready' } });
});

describe('a service that is ready', () => {
  let service: RunningService;
  beforeAll(async () => {
    service = await startService({ env: { DRAIN_DELAY_MS: '15000', N_WORKERS: '1' } });
  });
  afterAll(() => service[Symbol.asyncDispose]());

  it('tells of its workers where it is asked to, and not where they are', async () => {
    const { layers, missing } = await service.logged('isolation layers in force');
    const answer = await service.fetch('/readyz?verbose');
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(JSON.parse(text)).toEqual({
      status: 'ready',
      workers: { atOnce: 1, ready: 2, idle: 2, running: 0 },
      isolation: { sandbox: SANDBOX, layers, missing },
    });
    expect(layers).toContain('bare environment');
    expect(text).not.toMatch(/\/|\d{3}/);
  });

  it('busy workers are no reason not to be ready', async () => {
    const frozen = await freezeWorkers(service);
    const accepted = await upload(service, TINY);
    expect((await probe(service, '/readyz')).status).toBe(200);
    frozen.forEach(thaw);
    await endOf(service, accepted);
  });

  it('for the time of DRAIN_DELAY_MS a draining service is alive, not ready, and still takes uploads', async () => {
    service.process.kill('SIGTERM');
    await service.logged('draining');
    const draining = { status: 503, body: { status: 'not ready', reason: 'draining' } };
    expect(await probe(service, '/readyz')).toEqual(draining);
    expect(await (await service.fetch('/readyz?verbose=1')).json()).toMatchObject({
      ...draining.body,
      workers: { ready: 2 },
    });
    expect((await probe(service, '/livez')).status).toBe(200);
    expect(await endOf(service, await upload(service, TINY))).toMatchObject({ status: 'succeeded' });
  });
});

it('a drain finishes the work that runs, takes nothing new, and ends with 0', async () => {
  const folder = await ownFolder();
  await using service = await startService({ folder, env: { N_WORKERS: '1' } });
  const frozen = await freezeWorkers(service);
  const accepted = await upload(service, TINY);
  service.process.kill('SIGTERM');
  await service.logged('draining');
  await eventually('a closed port', () =>
    service.fetch('/livez').then(
      () => false,
      () => true,
    ),
  );
  frozen.forEach(thaw);
  expect(await service.exited).toMatchObject({ code: 0 });
  await using next = await startService({ folder, env: { N_WORKERS: '1' } });
  expect(await endOf(next, accepted)).toMatchObject({
    status: 'succeeded',
    runs: [{ outcome: 'succeeded' }],
  });
});
