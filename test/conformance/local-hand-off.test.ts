import { type JobId, newJobId } from '../../shared/domain/ids.ts';
import type { Work } from '../../shared/jobs/records.ts';
import { Line } from '../../workers/supervisor/line.ts';
import { newUpload } from '../helpers/job-records.ts';
import { Told } from '../helpers/told.ts';
import { describeHandOff, type HandOffLimits, type HandOffScene } from './hand-off.ts';

async function open(limits: HandOffLimits): Promise<HandOffScene> {
  const { workers, queueDepth = 0, batchDepth = 10, handOffTimeoutMs = 100, isShared = false } = limits;
  const told = new Told<JobId>();
  const running = new Map<JobId, Work>();
  const start = (work: Work) => {
    running.set(work.jobId, work);
    told.push(work.jobId);
  };
  const line = new Line(
    { workers, queueDepth, batchDepth, handOffTimeoutMs, isShared, memoryBudgetBytes: 2 ** 40 },
    {
      idleWorkers: () => workers - running.size,
      hasWorkers: () => workers > 0,
      start,
      startFresh: () => false,
      vacant: () => {},
    },
  );
  const workFor = ({
    tenant,
    isBatch = false,
  }: {
    tenant?: Work['tenant'];
    isBatch?: boolean;
  } = {}): Work => {
    const { image, requestId, recipeDigest, memoryBytes } = newUpload();
    return {
      jobId: newJobId(),
      imageId: image.id,
      tenant: tenant ?? image.tenant,
      preset: image.preset,
      requestId,
      format: image.header.format,
      recipeDigest,
      memoryBytes,
      isBatch,
      isSuspect: false,
    };
  };
  return {
    reserve: (who) => line.reserve(workFor(who)),
    use: async (room, who) => {
      const work = workFor(who);
      room.submit(work);
      return work.jobId;
    },
    addBacklog: async () => {
      const work = workFor();
      line.addBacklog(work);
      return work.jobId;
    },
    started: () => told.next(),
    untold: () => told.untold,
    finish: async (job) => {
      const work = running.get(job);
      if (!work) throw new Error('it was not started');
      running.delete(job);
      line.ran(work, 1);
    },
    close: () => line.close(),
    dispose: async () => {},
  };
}

describeHandOff('Line', open);
