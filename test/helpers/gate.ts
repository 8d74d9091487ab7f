/**
 * The gate has twenty minutes. What is the same code on either runtime, or whatever the stores are, is tried there once, on Node
 * with SQLite, and these where they may differ. With DARKROOM_REACH=all, as in the night, everything is tried everywhere.
 */
export const IS_GATE = process.env.DARKROOM_REACH === 'gate';

/** Of a runtime: HTTP, processes, signals, threads. What else is end to end is tried on the image of Bun. */
export const ON_BUN = [
  'test/e2e/{client,constant-memory,events,hostile-connections,hostile-framing,metrics}.test.ts',
  'test/e2e/{slow-client,slow-event-reader,start,telemetry,upgrade,webhooks}.test.ts',
  'test/crash/{all-workers,drain,poison,random-kills,service-killed,worker-dies,worker-hangs}.test.ts',
  'test/fuzz/fuzz.test.ts',
];

/** Of PostgreSQL and S3: what is kept, what is told, and what is killed in the middle of it. */
export const ON_CLUSTER = [
  'test/e2e/{erase,events,idempotency,resumable,upload,webhooks}.test.ts',
  'test/crash/{poison,random-kills,resumable,service-killed}.test.ts',
];

/** Both at once, for GitHub's workflows: the gate has each for itself. */
export const ON_BUN_IN_A_CLUSTER = [
  'test/e2e/{idempotency,upload}.test.ts',
  'test/crash/{resumable,service-killed}.test.ts',
];

/** Of what is about the process and what stands around it, on the image of each runtime. */
export const ON_IMAGE = {
  node: ['test/e2e/{resumable,testdata}.test.ts'],
  bun: ['test/e2e/{hand-off,idempotency,presets,resumable,upload}.test.ts'],
};

/** Of several nodes, what is also in others, at greater length. */
export const NODES_LEFT_OUT = [
  // As in test/e2e/migrate, and test/cluster/database-away.
  'test/crash/migrate.test.ts',
  'test/cluster/{chaos,database-connections}.test.ts',
];
