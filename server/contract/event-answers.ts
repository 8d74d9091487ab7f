import { z } from 'zod';
import { ImageId, JobId } from '../../shared/domain/ids.ts';
import { FailureCode, JobState } from '../../shared/domain/job.ts';
import { StepName } from '../../shared/protocol.ts';

const Path = z.string().regex(/^\//);

export const JobEvent = z
  .object({
    jobId: JobId,
    imageId: ImageId,
    tenant: z.string(),
    status: JobState,
    failure: FailureCode.nullable(),
    updatedAt: z.iso.datetime(),
    links: z.object({ job: Path, image: Path }),
  })
  .meta({ id: 'JobEvent', description: 'The `data` of an event `job`: what a job has come to.' });
export type JobEvent = z.infer<typeof JobEvent>;

export const StepEvent = z
  .object({ jobId: JobId, imageId: ImageId, step: StepName })
  .meta({ id: 'StepEvent', description: 'The `data` of an event `step`: what its worker does now.' });
export type StepEvent = z.infer<typeof StepEvent>;

export const ResetEvent = z.object({}).meta({
  id: 'ResetEvent',
  description:
    'The `data` of an event `reset`: some changes cannot be told any more. Read anew what you show.',
});

export const AnyEvent = z.union([JobEvent, StepEvent, ResetEvent]);
