import type { ImageAnswer } from './answers.ts';

/**
 * Where a photo is on its way.
 * - `waiting`: its turn has not come
 * - `uploading`: its bytes are being sent
 * - `holding`: the service is busy or out of reach; it is sent again by itself
 * - `working`: accepted; its job waits or runs
 * - `ready`: its variants are there
 * - `failed`: its job has failed
 * - `refused`: it was not accepted
 */
export type Phase = 'waiting' | 'uploading' | 'holding' | 'working' | 'ready' | 'failed' | 'refused';

/** What the service has of a photo. */
export interface Accepted {
  id: string;
  jobId: string;
}

/** A photo of this page, from the choice to its variants. Whoever shows it is told of each change. */
export class Photo {
  readonly name: string;
  /** Of the file as it was chosen. */
  readonly bytes: number;
  /** Null of one that was accepted before the page was loaded again. */
  readonly file: File | null;
  phase: Phase = 'waiting';
  /** How far it has come, from 0 to 1. */
  share = 0;
  /** What the worker does, in words. */
  step = '';
  /** When it is sent again, by `performance.now()`; only while holding. */
  againAt = 0;
  /** Why it was refused or has failed, or is being held. */
  why = '';
  mayRetry = false;
  accepted: Accepted | null = null;
  image: ImageAnswer | null = null;
  /** The same over all tries, so that one whose answer was lost is not kept twice. */
  idempotencyKey: string = crypto.randomUUID();
  sending: AbortController | null = null;
  readonly #listeners = new Set<() => void>();

  constructor(about: { name: string; bytes: number; file: File | null }) {
    this.name = about.name;
    this.bytes = about.bytes;
    this.file = about.file;
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  set(
    change: Partial<
      Pick<Photo, 'phase' | 'share' | 'step' | 'againAt' | 'why' | 'mayRetry' | 'accepted' | 'image'>
    >,
  ): void {
    Object.assign(this, change);
    for (const listener of this.#listeners) listener();
  }
}
