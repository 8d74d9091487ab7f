import { defineConfig } from 'vitest/config';

/** Tests of functions, which leave nothing behind in their process: these share one, and what it has loaded. */
const FUNCTIONS = [
  'test/{architecture,bench,deploy,docs,supply-chain,testdata}/**/*.test.ts',
  'test/fuzz/{answer,arguments,mutants}.test.ts',
  'test/server/{cli,delivery,intake,operations}/**/*.test.ts',
  'test/shared/{domain,jobs,presets}/**/*.test.ts',
  'test/workers/supervisor/{channel,next-state,restart-policy,run-outcome,worker-end}.test.ts',
  'test/workers/supervisor/verify/*.test.ts',
  'test/workers/worker/describe/*.test.ts',
];

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

export default defineConfig({
  test: {
    globalSetup: 'test/helpers/global-setup.ts',
    // Each end-to-end test runs a service with its workers, and waits for a fifth of its time: three files are what two cores hold.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'functions', include: FUNCTIONS, isolate: false } },
      {
        extends: true,
        test: { name: 'processes', include: ['test/**/*.test.ts'], exclude: [...FUNCTIONS, ...NODES] },
      },
      { extends: true, test: { name: 'nodes', include: NODES, testTimeout: 120_000 } },
    ],
  },
});
