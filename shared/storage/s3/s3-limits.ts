/** How long we wait for S3 and how often we try. Tests wait for less. */
export interface S3Limits {
  /** Until there is a connection, with TLS or without. */
  connectMs: number;
  /** Of one try: until it is answered, its body sent and all. */
  attemptMs: number;
  /** Of a call with all its tries. */
  callMs: number;
  /** Tries of a call; for all calls together the SDK has a budget, which failures use up and successes refill. */
  attempts: number;
  /** Of a call that clears away what a failure has left: who waits has waited before. */
  cleanUpMs: number;
  /** Until more of an answer comes, while somebody waits for it. */
  stillMs: number;
  /** Calls without an answer, one after the other, until no more are made. */
  failuresToOpen: number;
  /** From then until one is made to see whether there is an answer again. */
  openMs: number;
  /** Objects on a page of a listing; S3 gives 1,000 at the most. */
  pageKeys: number;
}

/** 5 MiB, which is what a part has at the most, take 10 s at 4 Mbit/s. */
export const S3_LIMITS: S3Limits = {
  connectMs: 2_000,
  attemptMs: 10_000,
  callMs: 15_000,
  attempts: 3,
  cleanUpMs: 2_000,
  stillMs: 15_000,
  failuresToOpen: 5,
  openMs: 5_000,
  pageKeys: 1_000,
};
