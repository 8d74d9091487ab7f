import { isDeepStrictEqual } from 'node:util';
import type { Pool } from 'pg';
import { PgBoss } from 'pg-boss';
import { z } from 'zod';
import { ImageId, JobId, RequestId, Sha256, Tenant, TraceParent } from '../../domain/ids.ts';
import { InputFormat, Name } from '../../domain/image.ts';
import { StoreError } from '../../errors.ts';
import type { SentWork, TransactionalQueue } from '../../jobs/postgres/transactional-queue.ts';
import type { Lane, Lease, Work } from '../../jobs/records.ts';
import type { DatabaseClock } from '../../postgres/database-clock.ts';
import type { Session } from '../../postgres/session.ts';
import { statementName } from '../../postgres/statement-names.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** A lease runs out when its node has not been heard of for so long, in seconds. pg-boss takes no less. */
export const LEASE_SECONDS = 10;

/** How often pg-boss looks for leases that have run out; a node that dies has its jobs run elsewhere in the sum of both. */
const SUPERVISE_SECONDS = 1;

/** Rows of what is done are of no use to anybody: what became of a job is in our own tables. */
const KEPT_DONE_SECONDS = 1;
const SWEEP_DONE_SECONDS = 2;

/** Attempts are counted by our own tables alone, and a job waits for as long as it has to. */
const WITHOUT_END = { retryLimit: 2 ** 31 - 1, retryDelay: 0, retentionSeconds: 10 * 365 * 24 * 3600 };
/** The longest that pg-boss takes is a day: our own deadline of a run comes first. */
const LONGEST_RUN_SECONDS = 24 * 3600 - 1;

const QUEUE_OF: Record<Lane, string> = { fresh: 'fresh', backlog: 'backlog', batch: 'batch' };
const LANES: readonly Lane[] = ['fresh', 'backlog', 'batch'];

const SETTINGS = {
  ...WITHOUT_END,
  heartbeatSeconds: LEASE_SECONDS,
  expireInSeconds: LONGEST_RUN_SECONDS,
  deleteAfterSeconds: KEPT_DONE_SECONDS,
};

/** What a row of the queue says of its job: it is from outside this process. */
const SentJob = z.object({
  jobId: JobId,
  imageId: ImageId,
  tenant: Tenant,
  preset: Name,
  requestId: RequestId,
  trace: TraceParent.optional(),
  format: InputFormat,
  memoryBytes: z.number().min(0),
  recipeDigest: Sha256.nullable(),
  isSuspect: z.boolean(),
  isBatch: z.boolean(),
});

/**
 * The queue that nodes share: pg-boss in the database of the records. A job of ours has at most one live row in each lane
 * (the policy `exclusive`), which is lent for an attempt at a time.
 */
export class BossQueue implements TransactionalQueue {
  readonly #boss: PgBoss;
  readonly #wake: (lane: Lane) => void;
  readonly #clock: Pick<DatabaseClock, 'now'>;

  private constructor(boss: PgBoss, wake: (lane: Lane) => void, clock: Pick<DatabaseClock, 'now'>) {
    this.#boss = boss;
    this.#wake = wake;
    this.#clock = clock;
  }

  /**
   * Brings pg-boss's own tables up to date, in a schema that is there.
   * @param supervises whether this process looks for leases that have run out, as nodes with workers do
   * @param wake tells the nodes that there is work in a lane
   */
  static async open(
    pool: Pool,
    supervises: boolean,
    wake: (lane: Lane) => void,
    log: Logger,
    clock: Pick<DatabaseClock, 'now'>,
  ): Promise<BossQueue> {
    const boss = new PgBoss({
      db: { executeSql: (text, values) => pool.query(named(text, values)) },
      createSchema: false,
      schedule: false,
      registerInstance: false,
      supervise: supervises,
      superviseIntervalSeconds: SUPERVISE_SECONDS,
      monitorIntervalSeconds: SUPERVISE_SECONDS,
      maintenanceIntervalSeconds: SWEEP_DONE_SECONDS,
      warningQueueSize: 1_000_000,
    });
    boss.on('error', (error) => log.warn({ err: error }, 'the queue is out of order'));
    await boss.start();
    await prepareQueues(boss);
    return new BossQueue(boss, wake, clock);
  }

  async send(session: Session, sent: readonly SentWork[]): Promise<{ kept: Promise<unknown> }> {
    const all: Promise<unknown>[] = [];
    for (const [lane, works] of Map.groupBy(sent, ({ lane }) => lane)) {
      const rows = works.map(({ work, inMs, turn }) => ({
        data: SentJob.parse(work),
        singletonKey: work.jobId,
        priority: -turn,
        ...(inMs > 0 && { startAfter: new Date(this.#clock.now() + inMs) }),
      }));
      const underWay = Promise.withResolvers<void>();
      const kept = this.#boss.insert(QUEUE_OF[lane], rows, { db: within(session, underWay.resolve) });
      all.push(kept);
      await Promise.race([underWay.promise, kept]);
    }
    const kept = Promise.all(all);
    // Who has sent it asks; but it may fail before.
    kept.catch(() => {});
    return { kept };
  }

  async held(session: Session, leases: readonly Lease[]): Promise<ReadonlySet<Lease>> {
    const kept = new Set<Lease>();
    for (const [lane, ofLane] of Map.groupBy(leases, ({ lane }) => lane)) {
      const values = [QUEUE_OF[lane], ofLane.map(({ id }) => id)];
      const { rows } = await session.send(LENT, values);
      const attempts = new Map(Lent.parse(rows));
      for (const lease of ofLane) if (attempts.get(lease.id) === lease.attempt) kept.add(lease);
    }
    return kept;
  }

  async settle(session: Session, leases: readonly Lease[]): Promise<ReadonlySet<Lease>> {
    const kept = new Set<Lease>();
    for (const [lane, ofLane] of Map.groupBy(leases, ({ lane }) => lane)) {
      const jobs = ofLane.map(({ id, attempt }) => ({ id, retryCount: attempt }));
      const ids = settledIn(await this.#boss.complete(QUEUE_OF[lane], jobs, null, { db: within(session) }));
      for (const lease of ofLane) if (ids.has(lease.id)) kept.add(lease);
    }
    return kept;
  }

  committed(sent: readonly SentWork[]): void {
    const ready = sent.filter(({ inMs }) => inMs === 0);
    for (const lane of new Set(ready.map(({ lane }) => lane))) this.#wake(lane);
  }

  /** Borrows up to so many jobs of a lane, the first ones first. @throws {StoreError} */
  async borrow(lane: Lane, most: number): Promise<Work[]> {
    const rows = await attempt('borrow work', () => this.#boss.fetch(QUEUE_OF[lane], { batchSize: most }));
    return rows.map(({ id, data, retryCount }) => {
      const work = SentJob.parse(data);
      return { ...work, lease: { lane, id, attempt: retryCount } };
    });
  }

  /** Prolongs leases. @returns those that have run out all the same @throws {StoreError} */
  async prolong(leases: readonly Lease[]): Promise<Lease[]> {
    const lost: Lease[] = [];
    for (const [lane, ofLane] of Map.groupBy(leases, ({ lane }) => lane)) {
      const jobs = ofLane.map(({ id, attempt }) => ({ id, retryCount: attempt }));
      const kept = settledIn(await attempt('prolong leases', () => this.#boss.touch(QUEUE_OF[lane], jobs)));
      lost.push(...ofLane.filter(({ id }) => !kept.has(id)));
    }
    return lost;
  }

  async close(): Promise<void> {
    await this.#boss.stop({ graceful: true, close: false });
  }
}

const LENT =
  "select id, retry_count from pgboss.job where name = $1 and id = any($2::uuid[]) and state = 'active'";
const Lent = z.array(
  z
    .object({ id: z.string(), retry_count: z.int() })
    .transform(({ id, retry_count }) => [id, retry_count] as const),
);

/** What pg-boss answers when it is asked to settle or prolong: its types say nothing of it. */
const Answer = z.object({ settled: z.array(z.string()).nullable() });

/** Those of the leases that were held still. */
const settledIn = (answer: unknown) => new Set(Answer.parse(answer).settled);

const named = (text: string, values?: unknown[]) => {
  const name = statementName(text, values);
  return { text, ...(values && { values }), ...(name !== undefined && { name }) };
};

/** A database for pg-boss that is one transaction of ours. @param sent called when a statement is on its way */
const within = (session: Session, sent: () => void = () => {}) => ({
  executeSql: (text: string, values?: unknown[]) => {
    const answer = session.send(text, values);
    sent();
    return answer;
  },
});

async function attempt<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new StoreError('storage_unavailable', `${doing}: ${String(error)}`, { cause: error });
  }
}

/** Mostly they are there, and as they should be: to write them again is to wait for whoever holds a lock of theirs. */
async function prepareQueues(boss: PgBoss): Promise<void> {
  const names = LANES.map((lane) => QUEUE_OF[lane]);
  const known = new Map((await boss.getQueues(names)).map((queue) => [queue.name, queue]));
  for (const name of names) {
    const queue = known.get(name);
    if (!queue) await boss.createQueue(name, { policy: 'exclusive', ...SETTINGS });
    else if (!isDeepStrictEqual({ ...queue, ...SETTINGS }, queue)) await boss.updateQueue(name, SETTINGS);
  }
}
