import type { Kysely } from 'kysely';
import type { Session } from '../../postgres/session.ts';
import type { CallInput, CallName, CallOutput } from '../calls.ts';
import { workOf } from '../reads.ts';
import type { AcceptedUpload, Lane, Lease, Work } from '../records.ts';
import type { Tables } from '../schema/tables.ts';
import type { AnyCall } from './any-call.ts';

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
  /** Resolves when it is on its way to the database, and what comes next is behind it; `kept` when it is in the queue. */
  send(session: Session, sent: readonly SentWork[]): Promise<{ kept: Promise<unknown> }>;
  /** @returns those that are held still; of the others the job is somebody else's, or will be */
  held(session: Session, leases: readonly Lease[]): Promise<ReadonlySet<Lease>>;
  /** Gives leases back: their jobs are done. @returns those that were held, as above */
  settle(session: Session, leases: readonly Lease[]): Promise<ReadonlySet<Lease>>;
  /** The transaction in which this was sent is committed. */
  committed(sent: readonly SentWork[]): void;
}

/** What each call leaves to be run; a call that is not here leaves nothing. */
const LEFT: {
  [N in CallName]?: (db: Kysely<Tables>, input: CallInput<N>, output: CallOutput<N>) => Promise<SentWork[]>;
} = {
  acceptUpload: async (_, upload, job) => {
    if (typeof job === 'string' || job.state !== 'queued' || job.sharedRunOf !== null) return [];
    const lane = job.isBatch ? 'batch' : upload.hasPlace ? 'backlog' : 'fresh';
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
  eraseImages: async (_, __, { promoted }) => promoted.map((work) => sent(work)),
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

function workOfUpload(upload: AcceptedUpload): Work {
  const { image, jobId, requestId, trace, recipeDigest, memoryBytes, isBatch } = upload;
  const { id: imageId, tenant, preset, header } = image;
  const { format } = header;
  return {
    jobId,
    imageId,
    tenant,
    preset,
    requestId,
    ...(trace && { trace }),
    format,
    memoryBytes,
    recipeDigest,
    isSuspect: false,
    isBatch,
  };
}

/** To be asked within the transaction of a call, before it commits. */
export async function workLeftBy(
  db: Kysely<Tables>,
  { name, input }: AnyCall,
  output: unknown,
): Promise<SentWork[]> {
  // The types tie each name to its input and output; only their union is left here.
  const left = LEFT[name] as
    | ((db: Kysely<Tables>, input: unknown, output: unknown) => Promise<SentWork[]>)
    | undefined;
  return (await left?.(db, input, output)) ?? [];
}
