import type { Kysely } from 'kysely';
import type { CallInput, CallName, CallOutput } from '../calls.ts';
import { workOf } from '../reads.ts';
import type { AcceptedUpload, Lane, Lease, Work } from '../records.ts';
import type { Tables } from '../tables.ts';

/** Work on its way to the queue. */
export interface SentWork {
  work: Work;
  lane: Lane;
  /** Not before so many milliseconds. */
  inMs: number;
  /** Of those in the same lane the lower ones go first. */
  turn: number;
}

/** A queue in the same database: what it does in a transaction is there, or not, together with the records. */
export interface TransactionalQueue {
  send(db: Kysely<Tables>, sent: readonly SentWork[]): Promise<void>;
  /** Gives a lease back: its job is done. False: it had run out, and the job is somebody else's or will be. */
  settle(db: Kysely<Tables>, lease: Lease): Promise<boolean>;
  /** The transaction in which work was sent is committed. */
  committed(): void;
}

/** What each call leaves to be run; a call that is not here leaves nothing. */
const LEFT: {
  [N in CallName]?: (db: Kysely<Tables>, input: CallInput<N>, output: CallOutput<N>) => Promise<SentWork[]>;
} = {
  acceptUpload: async (_, upload, job) => {
    if (typeof job === 'string' || job.state !== 'queued' || job.sharedRunOf !== null) return [];
    const lane = job.isBatch ? 'batch' : 'fresh';
    return [{ work: workOfUpload(upload), lane, inMs: 0, turn: upload.turn ?? 0 }];
  },
  finishRun: async (db, { jobId, next, retryInMs }, settled) => {
    if (!settled) return [];
    const again = next === 'queued' ? [sent(await workOf(db, jobId), retryInMs)] : [];
    return [...again, ...backlog(settled.promoted)];
  },
  deleteImage: async (_, __, deleted) =>
    typeof deleted === 'object' ? backlog(deleted?.promoted ?? null) : [],
  retryJob: async (_, __, retried) => (typeof retried === 'object' ? backlog(retried?.toRun ?? null) : []),
  queueReprocess: async (_, __, { toRun }) => toRun.map((work) => sent(work)),
};

const backlog = (work: Work | null): SentWork[] => (work ? [sent(work)] : []);

const sent = (work: Work, inMs = 0): SentWork => ({
  work,
  // A suspect needs a worker of its own, and would wait for ever for one that nobody else wants.
  lane: work.isBatch && !work.isSuspect ? 'batch' : 'backlog',
  inMs,
  turn: 0,
});

function workOfUpload({ image, jobId, requestId, recipeDigest, memoryBytes, isBatch }: AcceptedUpload): Work {
  const { id: imageId, tenant, preset, header } = image;
  const { format } = header;
  return {
    jobId,
    imageId,
    tenant,
    preset,
    requestId,
    format,
    memoryBytes,
    recipeDigest,
    isSuspect: false,
    isBatch,
  };
}

/**
 * To be called within the transaction of a call, before it commits.
 * @returns whether there is something to run now; null when the call counts for nothing: the lease that it came with had run out
 */
export async function leave<N extends CallName>(
  db: Kysely<Tables>,
  queue: TransactionalQueue,
  name: N,
  input: CallInput<N>,
  output: CallOutput<N>,
): Promise<boolean | null> {
  const lease = leaseEndedBy(name, input, output);
  if (lease && !(await queue.settle(db, lease)) && output !== null) return null;
  const work = (await LEFT[name]?.(db, input, output)) ?? [];
  if (work.length > 0) await queue.send(db, work);
  return work.some(({ inMs }) => inMs === 0);
}

/** That of a run that has ended, or of one that is not to begin, since its job has been deleted. */
function leaseEndedBy(name: CallName, input: unknown, output: unknown): Lease | undefined {
  const isOver = name === 'finishRun' || (name === 'startRun' && output === null);
  return isOver ? (input as { lease?: Lease }).lease : undefined;
}
