import { z } from 'zod';
import { hasEnded, JobState } from '../../../shared/domain/job.ts';
import type { Ask } from './asking.ts';
import type { Kept, Ledger } from './ledger.ts';
import { lookAt } from './look.ts';

const AT_ONCE = 8;

const JobAnswer = z.object({ status: JobState, imageId: z.string() });

/** Asks a service that has settled for everything that was accepted: each job, each image, each variant. */
export async function auditAnswers(ask: Ask, ledger: Ledger): Promise<void> {
  // It lives, and nobody kills it: no answer is as wrong as a bad one.
  const sure: Ask = async (path) => (await ask(path)) ?? { status: 0, body: Buffer.alloc(0) };
  const queue = ledger.accepted.values();
  const auditor = async () => {
    for (const kept of queue) {
      await auditJob(sure, kept, ledger);
      await lookAt(sure, kept, ledger, (variants) => variants);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, auditor));
}

async function auditJob(ask: Ask, { jobId, imageId }: Kept, ledger: Ledger): Promise<void> {
  const answer = await ask(`/jobs/${jobId}`);
  const name = `image ${imageId}`;
  if (answer?.status !== 200) return ledger.broke('missing', name, `job ${jobId}: ${answer?.status}`);
  const job = JobAnswer.parse(JSON.parse(answer.body.toString()));
  if (job.imageId !== imageId) ledger.broke('missing', name, `job ${jobId} is of image ${job.imageId}`);
  if (!hasEnded(job.status)) ledger.broke('missing', name, `job ${jobId} is still ${job.status}`);
}
