import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hashOf } from '../../server/access/api-keys.ts';
import { faultPicture, goodPicture } from '../fixtures/fault-pictures.ts';
import { expectCleanEnd } from '../helpers/aftermath.ts';
import { eventually } from '../helpers/eventually.ts';
import { freePort } from '../helpers/free-port.ts';
import { passableFolder } from '../helpers/own-folder.ts';
import { expectProblem } from '../helpers/problem-answer.ts';
import { type Scrape, scrape, scrapeOf } from '../helpers/scrape.ts';
import { dataFolder, type RunningService, startService } from '../helpers/service.ts';
import { endOf, postImage, upload } from '../helpers/upload.ts';
import { writeWebhooks } from '../helpers/webhooks-file.ts';

/** Each sample by its name and labels, as they are written. */
const read = async (service: RunningService) => valuesOf(await scrape(service));

const valuesOf = (samples: Scrape) => new Map([...samples].map(([name, { value }]) => [name, value]));

const nameOf = (sample: string) => sample.replace(/\{.*/, '');

/** Every metric is in the README's table, and none but these are asked for by the rules and the dashboard. */
function expectKnown(shown: readonly string[]): void {
  const [readme, rules, dashboard] = ['README.md', 'deploy/alerts.yaml', 'deploy/grafana/darkroom.json'].map(
    (path) => new Set(readFileSync(path, 'utf8').match(/\bdarkroom_[a-z_]+/g)),
  );
  const names = new Set(shown);
  const metrics = [...names].map((name) => {
    const whole = name.replace(/_(bucket|sum|count)$/, '');
    return names.has(`${whole}_bucket`) ? whole : name;
  });
  expect(metrics.filter((name) => !readme?.has(name))).toEqual([]);
  for (const asked of [rules, dashboard]) {
    expect(asked?.size).toBeGreaterThan(10);
    expect([...(asked ?? [])].filter((name) => !names.has(name))).toEqual([]);
  }
}

test('metrics count what happens to uploads, runs and workers', async () => {
  const folder = await passableFolder();
  const secrets = [`whsec_${Buffer.alloc(32).toString('base64')}`];
  const WEBHOOKS_FILE = await writeWebhooks(folder, [{ id: 'shop', url: 'https://127.0.0.1/', secrets }]);
  await using service = await startService({
    faults: true,
    env: { N_WORKERS: '1', MAX_ATTEMPTS: '1', WEBHOOKS_FILE },
  });
  const before = await read(service);
  expect(before.get('darkroom_workers{state="ready"}')).toBe(2);
  expect(before.get('darkroom_workers_wanted')).toBe(1);
  expect(before.get('darkroom_uploads_total{outcome="accepted"}')).toBe(0);

  await endOf(service, await upload(service, goodPicture()));
  await endOf(service, await upload(service, faultPicture('SIGSEGV')));
  await expectProblem(await postImage(service, new Uint8Array(100)), 'unsupported_format');
  expect((await service.fetch('/nowhere')).status).toBe(404);

  const after = await read(service);
  const figures = Object.fromEntries(after);
  expect(figures).toMatchObject({
    'darkroom_uploads_total{outcome="accepted"}': 2,
    'darkroom_uploads_total{outcome="unsupported_format"}': 1,
    darkroom_upload_bytes_count: expect.any(Number),
    'darkroom_runs_total{outcome="succeeded",failure="none"}': 1,
    'darkroom_worker_ends_total{how="died",cause="SIGSEGV"}': expect.any(Number),
    'darkroom_http_requests_total{method="GET",route="none",status="404"}': 1,
    'darkroom_http_requests_total{method="POST",route="/upload",status="415"}': 1,
    'darkroom_span_seconds_count{span="accept"}': 2,
    'darkroom_span_seconds_count{span="publish"}': 1,
    'darkroom_queue_jobs{lane="upload"}': 0,
    'darkroom_queue_oldest_seconds{lane="upload"}': 0,
    darkroom_store_up: 1,
    darkroom_worker_breaker_open: 0,
  });
  expect(figures['darkroom_store_seconds_count{store="files",call="keepOriginal"}']).toBe(2);
  expect(figures['darkroom_store_seconds_count{store="records",call="acceptUpload"}']).toBe(2);
  for (const span of ['receive', 'inspect', 'reserve', 'stage', 'work', 'settle'])
    expect(figures[`darkroom_span_seconds_count{span="${span}"}`], span).toBeGreaterThanOrEqual(2);
  for (const sample of [
    'darkroom_process_resident_bytes{process="service"}',
    'darkroom_disk_free_bytes{place="data"}',
    'darkroom_event_loop_delay_seconds{quantile="0.99"}',
  ])
    expect(figures[sample], sample).toBeGreaterThan(0);
  expectKnown([...after.keys()].map(nameOf));
  await eventually('the endpoint that may not be told', async () => {
    const told = await read(service);
    const failed = told.get('darkroom_webhook_deliveries_total{endpoint="shop",outcome="failed"}') ?? 0;
    return failed > 0 && told.get('darkroom_webhook_messages{endpoint="shop"}') === 2;
  });
  // They tell of it once in a second.
  await eventually('the memory of workers', async () =>
    (await read(service)).has('darkroom_process_resident_bytes{process="largest_worker"}'),
  );
  await expectCleanEnd(service);
});

test('a path or a method that somebody makes up is no label', async () => {
  await using service = await startService({ env: { N_WORKERS: '1' } });
  for (const number of [1, 2, 3]) await service.fetch(`/made-up-${number}`);
  await service.fetch('/images/5f0c7a52-0000-4000-8000-000000000000');
  const names = [...(await read(service)).keys()].filter((name) =>
    name.startsWith('darkroom_http_requests_total'),
  );
  expect(names.sort()).toEqual([
    'darkroom_http_requests_total{method="GET",route="/images/:id",status="404"}',
    'darkroom_http_requests_total{method="GET",route="none",status="404"}',
  ]);
});

test('on the port of everything else metrics are for admins; on one of their own for whoever asks, to the end of a drain', async () => {
  const folder = await dataFolder();
  const path = join(folder, 'keys.json');
  const keyOf = (name: string) => `key-of-the-${name}`;
  const keys = ['read', 'admin'].map((scope) => ({ id: scope, hash: hashOf(keyOf(scope)), scopes: [scope] }));
  await writeFile(path, JSON.stringify({ keys }));
  const port = await freePort();
  const env = { N_WORKERS: '1', API_KEYS_FILE: path, METRICS_PORT: String(port), DRAIN_DELAY_MS: '2000' };
  await using service = await startService({ folder, env });
  const as = (scope: string) => ({ headers: { authorization: `Bearer ${keyOf(scope)}` } });
  await expectProblem(await service.fetch('/metrics'), 'no_key');
  await expectProblem(await service.fetch('/metrics', as('read')), 'not_allowed');
  expect((await service.fetch('/metrics', as('admin'))).status).toBe(200);
  const own = `http://127.0.0.1:${port}`;
  expect(valuesOf(await scrapeOf(await fetch(`${own}/metrics`))).get('darkroom_store_up')).toBe(1);
  // Nothing else is there.
  expect((await fetch(`${own}/jobs`)).status).toBe(404);
  expect((await fetch(`${own}/upload`, { method: 'POST' })).status).toBe(404);

  service.process.kill('SIGTERM');
  await service.logged('draining');
  expect((await fetch(`${own}/metrics`)).status).toBe(200);
  expect(await service.exited).toEqual({ code: 0, signal: null });
});
