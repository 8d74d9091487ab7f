import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OpsState } from '../../server/contract/ops-answer.ts';
import { faultPicture } from '../fixtures/fault-pictures.ts';
import { writeApiKeys } from '../helpers/api-keys.ts';
import { eventually } from '../helpers/eventually.ts';
import { ownFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { PROFILE } from '../helpers/profile.ts';
import { type RunningService, startService } from '../helpers/service.ts';
import { endOf, upload } from '../helpers/upload.ts';

async function stateOf(service: RunningService, headers: Record<string, string> = {}) {
  const answer = await service.fetch('/ops/state', { headers });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return OpsState.parse(await answer.json());
}

test('operators see each worker, the run that it has, and what the last minutes brought', async () => {
  await using service = await startService({
    faults: true,
    env: { N_WORKERS: '1', JOB_TIMEOUT_MS: '1000', MAX_ATTEMPTS: '1' },
  });
  const idle = await stateOf(service);
  expect(idle).toMatchObject({
    node: PROFILE === 'cluster' ? expect.any(String) : null,
    role: 'all',
    ready: true,
    reason: null,
    workers: { atOnce: 1, ready: 2, idle: 2, running: 0, isBreakerOpen: false },
  });
  expect(idle.workers?.processes.map(({ state, run }) => [state, run])).toEqual([
    ['ready', null],
    ['ready', null],
  ]);

  const hanging = await upload(service, faultPicture('native-hang'));
  const busy = await eventually('a run', async () => {
    const { workers } = await stateOf(service);
    return workers?.processes.find(({ run }) => run);
  });
  expect(busy.state).toBe('running');
  expect(await service.workerPids()).toContain(busy.pid);
  expect(busy.run).toMatchObject({
    imageId: hanging.id,
    jobId: hanging.links.job.replace('/jobs/', ''),
  });

  await endOf(service, hanging);
  const after = await stateOf(service);
  const sum = (name: 'accepted' | 'failed' | 'waits') =>
    after.lapses.reduce((all, lapse) => all + lapse[name], 0);
  expect({ accepted: sum('accepted'), failed: sum('failed'), waits: sum('waits') }).toEqual({
    accepted: 1,
    failed: 2,
    waits: 1,
  });
  expect(after.lapses.at(-1)?.seconds).toBeLessThan(20);
  expect(after.waiting?.upload).toEqual({ jobs: 0, oldestSeconds: 0 });
});

test('nobody else does', async () => {
  const path = join(await ownFolder(), 'keys.json');
  const { shop, boss } = await writeApiKeys(path, {
    shop: { scopes: ['upload', 'read'] },
    boss: { scopes: ['admin'] },
  });
  await using service = await startService({ env: { API_KEYS_FILE: path, N_WORKERS: '1' } });
  await expectProblem(await service.fetch('/ops/state'), 'no_key');
  await expectProblem(await service.fetch('/ops/state', { headers: shop }), 'not_allowed');
  expect((await stateOf(service, boss)).ready).toBe(true);
});
