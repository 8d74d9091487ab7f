import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { firing, RULES, type Series, SKIPS_PROMTOOL } from '../helpers/promtool.ts';

const Rule = z.strictObject({
  alert: z.string().startsWith('Darkroom'),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({ summary: z.string(), reason: z.string() }),
});
const { groups } = z
  .object({ groups: z.tuple([z.object({ rules: z.array(Rule) })]) })
  .parse(parse(readFileSync(RULES, 'utf8')));
const NAMES = groups[0].rules.map(({ alert }) => alert);

const RUNBOOK = readFileSync(new URL('../../deploy/RUNBOOK.md', import.meta.url), 'utf8');

const MINUTES = 26;
const HALF = MINUTES / 2;
const always = (value: number) => Array.from({ length: MINUTES }, () => value);
/** From its half on it goes up by so much a minute. */
const rises = (step: number) => Array.from({ length: MINUTES }, (_, at) => Math.max(0, at - HALF) * step);
const ofA = (name: string) => name.replace('{', '{job="darkroom",instance="a",').replace(',}', '}');

/** Of a histogram, so many calls a minute that all take longer than the one bound and no longer than the other. */
const calls = (store: string, call: string, below: string, within: string): Series =>
  Object.fromEntries(
    [below, within, '+Inf'].map((le, at) => [
      ofA(`darkroom_store_seconds_bucket{store="${store}",call="${call}",le="${le}"}`),
      at === 0 ? always(0) : rises(10),
    ]),
  );

/** A service that has all to do that it can. */
const WELL: Series = {
  [ofA('up{}')]: always(1),
  [ofA('darkroom_store_up{}')]: always(1),
  [ofA('darkroom_worker_breaker_open{}')]: always(0),
  [ofA('darkroom_workers{state="ready"}')]: always(3),
  [ofA('darkroom_queue_oldest_seconds{lane="upload"}')]: always(4),
  [ofA('darkroom_queue_oldest_seconds{lane="batch"}')]: always(9_000),
  [ofA('darkroom_webhook_oldest_seconds{endpoint="shop"}')]: always(60),
  [ofA('darkroom_webhook_disabled{endpoint="shop"}')]: always(0),
  [ofA('darkroom_disk_free_bytes{place="data"}')]: always(50e9),
  [ofA('darkroom_disk_size_bytes{place="data"}')]: always(100e9),
  [ofA('darkroom_event_loop_delay_seconds{quantile="0.99"}')]: always(0.03),
  [ofA('darkroom_process_resident_bytes{process="service"}')]: always(160e6),
  [ofA('darkroom_process_resident_bytes{process="workers"}')]: always(1_600e6),
  [ofA('darkroom_uploads_total{outcome="accepted"}')]: rises(60),
  [ofA('darkroom_uploads_total{outcome="no_worker"}')]: rises(2),
  [ofA('darkroom_uploads_total{outcome="disk_full"}')]: always(0),
  [ofA('darkroom_uploads_total{outcome="unsupported_format"}')]: rises(30),
  [ofA('darkroom_runs_total{outcome="succeeded",failure="none"}')]: rises(60),
  [ofA('darkroom_runs_total{outcome="crashed",failure="worker_crashed"}')]: rises(1),
  [ofA('darkroom_runs_total{outcome="rejected",failure="image_unreadable"}')]: rises(30),
  [ofA('darkroom_worker_ends_total{how="died",cause="SIGSEGV"}')]: rises(0.2),
  [ofA('darkroom_worker_ends_total{how="retired",cause="exit 0"}')]: rises(5),
  [ofA('darkroom_pictures_quarantined_total{}')]: always(3),
  [ofA('darkroom_store_failures_total{store="files",failure="storage_full"}')]: always(2),
  [ofA('darkroom_store_failures_total{store="files",failure="storage_unavailable"}')]: rises(0.2),
  [ofA('darkroom_http_requests_total{method="GET",route="/jobs",status="500"}')]: always(1),
  [ofA('darkroom_http_requests_total{method="POST",route="/upload",status="503"}')]: rises(2),
  ...calls('files', 'keepOriginal', '0.02', '0.1'),
  ...calls('records', 'acceptUpload', '0.005', '0.02'),
};

/** What changes where each of them is to fire; it is one of them, and no other. */
const ILL: Record<string, Series> = {
  DarkroomDown: { [ofA('up{}')]: always(0) },
  DarkroomWorkersDieAtStart: { [ofA('darkroom_worker_breaker_open{}')]: always(1) },
  DarkroomNoWorkerReady: { [ofA('darkroom_workers{state="ready"}')]: always(0) },
  DarkroomWorkersDie: { [ofA('darkroom_worker_ends_total{how="died",cause="deadline"}')]: rises(1) },
  DarkroomPictureQuarantined: { [ofA('darkroom_pictures_quarantined_total{}')]: rises(0.1) },
  DarkroomRunsFail: {
    [ofA('darkroom_runs_total{outcome="timed-out",failure="deadline_exceeded"}')]: rises(20),
  },
  DarkroomDiskFull: {
    [ofA('darkroom_store_failures_total{store="records",failure="storage_full"}')]: rises(1),
  },
  DarkroomDiskFills: { [ofA('darkroom_disk_free_bytes{place="data"}')]: always(9e9) },
  DarkroomFilesSlow: calls('files', 'keepOriginal', '1', '5'),
  DarkroomRecordsSlow: calls('records', 'acceptUpload', '0.25', '1'),
  DarkroomStoreOutOfReach: { [ofA('darkroom_store_up{}')]: always(0) },
  DarkroomOverload: { [ofA('darkroom_uploads_total{outcome="no_worker"}')]: rises(20) },
  DarkroomQueueStands: { [ofA('darkroom_queue_oldest_seconds{lane="upload"}')]: always(400) },
  DarkroomInternalErrors: {
    [ofA('darkroom_http_requests_total{method="GET",route="/jobs",status="500"}')]: rises(1),
  },
  DarkroomLoopLate: { [ofA('darkroom_event_loop_delay_seconds{quantile="0.99"}')]: always(0.6) },
  DarkroomServiceGrows: { [ofA('darkroom_process_resident_bytes{process="service"}')]: always(1.5e9) },
  DarkroomWebhooksFail: { [ofA('darkroom_webhook_oldest_seconds{endpoint="shop"}')]: always(1_000) },
};

test('the runbook has an entry for each rule, and none for another', () => {
  const entries = [...RUNBOOK.matchAll(/^### (Darkroom\w+)$/gm)].map(([, name]) => name);
  expect(entries).toEqual(NAMES);
});

describe.skipIf(SKIPS_PROMTOOL)('the rules', () => {
  test('are rules', async () => {
    const { stdout } = await promisify(execFile)('promtool', ['check', 'rules', RULES]);
    expect(stdout).toContain(`SUCCESS: ${NAMES.length} rules found`);
  });

  test('are quiet where all is well', async () => {
    expect(await firing(WELL)).toEqual([]);
  });

  test('are each of them provoked below', () => {
    expect(Object.keys(ILL)).toEqual(NAMES);
  });

  test.for(Object.entries(ILL))('%s fires, and no other', async ([name, series]) => {
    // Buckets that are not its own would be of both.
    const others = Object.entries(WELL).filter(
      ([other]) => !name.endsWith('Slow') || !sameCall(other, series),
    );
    expect(await firing({ ...Object.fromEntries(others), ...series })).toEqual([name]);
  });
});

/** A series of the same histogram. */
const sameCall = (name: string, series: Series): boolean => {
  const withoutBound = (text: string) => text.replace(/le="[^"]*"/, '');
  return Object.keys(series).some((other) => withoutBound(other) === withoutBound(name));
};
