import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import * as gate from './test/helpers/gate.ts';
import { placeForS3 } from './test/helpers/place-for-s3.ts';
import { POSTGRES, whyNoPostgres } from './test/helpers/postgres-binaries.ts';
import { PROFILE } from './test/helpers/profile.ts';
import { S3_ENVIRONMENT } from './test/helpers/s3-environment.ts';

/** These mock modules that others have loaded, or count the memory of their process: each has one of its own. */
const ALONE = [
  'test/server/{failing-writes,power-cut}.test.ts',
  'test/shared/storage/disk/folder-lock.test.ts',
  'test/workers/worker/raster.test.ts',
];

/** Tests of what a worker does when it has made its process one that decodes: from then on it opens nothing else. */
const DECODING = ['test/workers/worker/{*,heic/*,metadata/*,recipes/*}.test.ts'];

/** Each takes a quarter of a minute, most of it waiting: begun last, they would leave a core with nothing to do. */
const LONG = ['test/conformance/*-job-store.test.ts'];

/** What kills processes: `npm run test:crash`. */
const CRASH = ['test/crash/**/*.test.ts'];

/**
 * Tests that need an S3 server, which npm alone does not bring, and those of several nodes, which wait for leases to run out
 * and for time-outs: `npm run test:nodes`, apart from all others.
 */
const NODES = [
  'test/cluster/**/*.test.ts',
  'test/shared/storage/s3/**/*.test.ts',
  'test/conformance/s3-storage.test.ts',
  'test/helpers/s3-server.test.ts',
  'test/shared/queue/postgres/leases.test.ts',
  'test/e2e/{bucket,migrate}.test.ts',
  'test/crash/migrate.test.ts',
];

/** What an operator has: the command line, what watches the service, the life of data: `npm run test:operator`. */
const OPERATOR = [
  'test/e2e/{erase,image-list,metrics,originals,quota,reprocess,retention,serve-command,telemetry,upgrade}.test.ts',
  'test/release/package.test.ts',
  'test/server/{cli,doctor,migration}/*.test.ts',
  'test/server/network-folder.test.ts',
];

/** What front ends build on, and the pages: `npm run test:front`. */
const FRONT = [
  'test/e2e/{client,events,ops-page,ops-state,page,slow-event-reader,webhooks}.test.ts',
  'test/e2e/resumable{,-end,-refusals}.test.ts',
  'test/server/{events,resumable,web,webhooks}/**/*.test.ts',
  'test/deploy/examples/*.test.ts',
];

/**
 * What is tried of an image, `npm run test:image`: all end-to-end suites whose service needs nothing of the tests within it, no faults
 * and no command of its own. The gate has those that are about the process and what stands around it.
 */
const ON_IMAGE = ['test/image/*.test.ts'];
const E2E_ON_IMAGE = [
  'test/e2e/{access,batch-lane,client,constant-memory,cross-origin,delivery,digest,events,hand-off}.test.ts',
  'test/e2e/{hostile-connections,hostile-fields,hostile-framing,idempotency,image-list,jobs,originals}.test.ts',
  'test/e2e/{presets,quota,rate-limits,refusals,reprocess,resumable,resumable-refusals,retention}.test.ts',
  'test/e2e/{shared-runs,signed-reads,similar,slow-client,slow-event-reader,telemetry,testdata}.test.ts',
  'test/e2e/{tickets,too-large,unpublished,upload,variants,admission,resumable-end}.test.ts',
];

const isBun = process.env.DARKROOM_RUNTIME === 'bun';

/** Left out on the cluster profile, as they would say nothing else there. */
const NOT_ON_CLUSTER = [
  // Refused or ended before anything of a request comes to a store.
  'test/e2e/{cross-origin,digest,hostile-connections,hostile-fields,hostile-framing,refusals,slow-client,too-large}.test.ts',
  // What a worker makes of pictures, whoever has them.
  'test/e2e/{testdata,variants}.test.ts',
  // What a worker does before a run or beside it, and what ends it: of those that end at a run worker-lies has enough.
  'test/crash/{boot,escape,memory,worker-dies,worker-hangs}.test.ts',
  // These bring stores of their own, or read the files of SQLite.
  'test/e2e/{bucket,migrate,upgrade}.test.ts',
  'test/crash/{chaos,migrate}.test.ts',
];

/** What speaks with PostgreSQL itself: all that its version can make a difference to. */
const ON_POSTGRES = [
  'test/helpers/postgres-server.test.ts',
  'test/conformance/{postgres-job-store,cluster-hand-off}.test.ts',
  'test/shared/{postgres,queue/postgres}/**/*.test.ts',
  'test/shared/jobs/postgres-job-store.test.ts',
  'test/server/access/postgres-counter.test.ts',
  'test/server/migration/migrate{,-bucket}.test.ts',
  'test/deploy/queue-depth.test.ts',
  'test/cluster/nodes-together.test.ts',
];

const onEmbedded: TestProjectConfiguration[] = [
  { extends: true, test: { name: 'alone', include: ALONE, isolate: true } },
  { extends: true, test: { name: 'decoding', include: DECODING, exclude: ALONE } },
  { extends: true, test: { name: 'long', include: LONG } },
  {
    extends: true,
    test: {
      name: 'nodes',
      include: NODES,
      exclude: gate.IS_GATE ? gate.NODES_LEFT_OUT : [],
      testTimeout: 120_000,
    },
  },
  { extends: true, test: { name: 'crash', include: CRASH, exclude: NODES } },
  { extends: true, test: { name: 'front', include: FRONT } },
  { extends: true, test: { name: 'operator', include: OPERATOR } },
  {
    extends: true,
    test: {
      name: 'others',
      include: ['test/**/*.test.ts'],
      exclude: [...ALONE, ...DECODING, ...LONG, ...CRASH, ...NODES, ...OPERATOR, ...FRONT, ...ON_IMAGE],
    },
  },
];

const isSkipped = (() => {
  const why = whyNoServers();
  if (why === null) return false;
  if (process.env.CI === 'true') throw new Error(why);
  process.stderr.write(`skipped: ${why}\n`);
  return true;
})();

const onCluster: TestProjectConfiguration[] = [
  {
    extends: true,
    test: {
      name: 'cluster',
      include: isSkipped ? [] : onClusterIncludes(),
      exclude: NOT_ON_CLUSTER,
      // Of the storage, where a test looks at what it has with the product's own.
      env: S3_ENVIRONMENT,
      // The jobs of a node that was killed are run by others when its leases have run out, after some 12 s.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  },
];

const onOldestPostgres: TestProjectConfiguration[] = [
  {
    extends: true,
    test: {
      name: 'postgres-15',
      include: isSkipped ? [] : ON_POSTGRES,
      testTimeout: 120_000,
    },
  },
];

const onImage: TestProjectConfiguration[] = [
  {
    extends: true,
    test: {
      name: 'image',
      include: [...ON_IMAGE, ...(gate.IS_GATE ? gate.ON_IMAGE[isBun ? 'bun' : 'node'] : E2E_ON_IMAGE)],
      // Nothing of it has been compiled before.
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  },
];

function onClusterIncludes(): string[] {
  if (!gate.IS_GATE) return ['test/{e2e,crash}/*.test.ts'];
  return isBun ? gate.ON_BUN_IN_A_CLUSTER : gate.ON_CLUSTER;
}

/** Null where the servers of what was asked for can be here; where not, its suites are skipped, but not by the gate. */
function whyNoServers(): string | null {
  const place = PROFILE === 'cluster' ? placeForS3() : null;
  return place !== null && 'why' in place ? place.why : whyNoPostgres();
}

function projects(): TestProjectConfiguration[] {
  if (process.env.DARKROOM_IMAGE) return onImage;
  if (PROFILE === 'cluster') return onCluster;
  if (POSTGRES === '15') return onOldestPostgres;
  return isBun && gate.IS_GATE
    ? [{ extends: true, test: { name: 'bun', include: gate.ON_BUN } }]
    : onEmbedded;
}

export default defineConfig({
  test: {
    globalSetup: 'test/helpers/global-setup.ts',
    // A file that starts services waits for a part of its time: four are what two cores hold, three where servers work for each.
    maxWorkers: PROFILE === 'cluster' ? 3 : 4,
    // A process for each file would take a tenth of all the time.
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    passWithNoTests: isSkipped,
    projects: projects(),
  },
});
