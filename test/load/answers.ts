import { z } from 'zod';
import { JobState } from '../../shared/domain/job.ts';

const Accepted = z.object({ id: z.uuid(), links: z.object({ job: z.string().startsWith('/') }) });
const Problem = z.object({ code: z.string() });
const JobAnswer = z.object({ status: JobState });

/** The path of the job in a 200 to an upload; undefined where it is not the answer the contract promises. */
export const jobPathIn = (body: string): string | undefined => parseJson(Accepted, body)?.links.job;

/** The state in a 200 to a look at a job, likewise. */
export const jobStateIn = (body: string): JobState | undefined => parseJson(JobAnswer, body)?.status;

/** A refusal's name in the report: its status, and its code or that it gave none. */
export const refusalLabel = (status: number, body: string): string =>
  `${status} ${parseJson(Problem, body)?.code ?? '(no code)'}`;

function parseJson<T>(schema: z.ZodType<T>, body: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(body)).data;
  } catch {
    // Not JSON at all, which is not the promised answer either: the caller counts it.
    return undefined;
  }
}
