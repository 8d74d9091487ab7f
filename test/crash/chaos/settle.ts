import { z } from 'zod';
import { eventually } from '../../helpers/eventually.ts';
import type { Ask } from './asking.ts';

/** Much longer than the last pictures need that hold a worker for a whole deadline, one after the other. */
const PATIENCE_MS = 180_000;

const Page = z.object({ jobs: z.array(z.unknown()) });

/** Resolves when no job waits or runs any more, or when that takes so long that it never will: the audit then says so. */
export async function settle(ask: Ask): Promise<void> {
  const hasNone = async (status: 'queued' | 'running') => {
    const answer = await ask(`/jobs?status=${status}&limit=1`);
    return answer?.status === 200 && Page.parse(JSON.parse(answer.body.toString())).jobs.length === 0;
  };
  // In this order: a job that was queued at the first look may run at the second.
  const isSettled = async () =>
    (await hasNone('queued')) && (await hasNone('running')) && (await hasNone('queued'));
  await eventually('the end of all jobs', isSettled, PATIENCE_MS).catch(() => {});
}
