import { z } from 'zod';
import { ImageId, JobId, Tenant } from '../domain/ids.ts';
import { StepName } from '../protocol.ts';

/** A run has come to this step. It is told once and kept nowhere. */
export const JobStep = z.object({ jobId: JobId, imageId: ImageId, tenant: Tenant, step: StepName });
export type JobStep = z.infer<typeof JobStep>;

export interface NewsListener {
  /** The state of some job has changed, or may have: the records say of which. */
  changed(): void;
  stepped(step: JobStep): void;
}

/** What a node hears of jobs, its own and those of others, for the one who passes it on to clients. */
export class JobNews implements NewsListener {
  #listener: NewsListener | null = null;

  listen(listener: NewsListener): void {
    this.#listener = listener;
  }

  changed = (): void => this.#listener?.changed();

  stepped = (step: JobStep): void => this.#listener?.stepped(step);
}
