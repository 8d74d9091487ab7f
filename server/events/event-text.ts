import type { JobChange } from '../../shared/jobs/records.ts';
import type { JobStep } from '../../shared/queue/job-news.ts';
import type { JobEvent, StepEvent } from '../contract/event-answers.ts';

/** Blocks of an event stream, as the HTML standard has them (section 9.2.6): the bytes, which many streams share. */

const encoder = new TextEncoder();

type Block = Uint8Array<ArrayBuffer>;

/** @param id whoever has seen this goes on from there */
export function jobBlock(change: JobChange, id: number): Block {
  const { id: jobId, imageId, tenant, state, failure, updatedAt } = change;
  const data: JobEvent = {
    jobId,
    imageId,
    tenant,
    status: state,
    failure,
    updatedAt: new Date(updatedAt).toISOString(),
    links: { job: `/jobs/${jobId}`, image: `/images/${imageId}` },
  };
  return encoder.encode(`id: ${id}\nevent: job\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Without an id: it is not told again. */
export function stepBlock({ jobId, imageId, step }: JobStep): Block {
  const data: StepEvent = { jobId, imageId, step };
  return encoder.encode(`event: step\ndata: ${JSON.stringify(data)}\n\n`);
}

export const resetBlock = (id: number): Block => encoder.encode(`id: ${id}\nevent: reset\ndata: {}\n\n`);

/** No event, but an id that the client keeps. */
export const idBlock = (id: number): Block => encoder.encode(`id: ${id}\n\n`);

/** @param ms after which a client whose stream has ended comes again */
export const retryBlock = (ms: number): Block => encoder.encode(`retry: ${Math.round(ms)}\n\n`);

/** A comment: proxies see that the connection lives. */
export const BEAT: Block = encoder.encode(': beat\n\n');
