import type { Breach } from './breach.ts';
import type { Recipe } from './recipe.ts';

/** An upload that was answered with 200. */
export interface Kept {
  recipe: Recipe;
  imageId: string;
  jobId: string;
  /** `asked`: the answer was cut, so it may be deleted or not. */
  deletion: 'none' | 'asked' | 'done';
}

/** One request that brought a picture. `cut`: no answer came, and the picture may have been accepted or not. */
export interface Attempt {
  recipe: Recipe;
  /** What it and its repetitions had as `Idempotency-Key`. */
  key: string | null;
  answer: 'accepted' | 'refused' | 'cut';
}

/** All that the clients know: what they sent, what they were promised, and what they saw go wrong. */
export class Ledger {
  /** By the request id that the attempt had: the job that came of it has it as well. */
  readonly attempts = new Map<string, Attempt>();
  readonly accepted: Kept[] = [];
  /** By status and code, such as `503 no_worker`. */
  readonly refused: Record<string, number> = {};
  /** Uploads without a complete answer, by the code of the system call. */
  readonly transportErrors: Record<string, number> = {};
  readonly breaches: Breach[] = [];

  broke(kind: Breach['kind'], subject: string, how: string): void {
    this.breaches.push({ kind, subject, how });
  }

  notice5xx(status: number, request: string): void {
    if (status >= 500 && status !== 503) this.broke('5xx other than 503', request, String(status));
  }
}
