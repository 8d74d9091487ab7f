import type { Report } from '../migration/sides.ts';
import { type Progress, progressOn } from './progress.ts';

/** One after the other for each part. */
export function progressOfAll(verb: string): { report: Report; end(): void } {
  let current: { what: string; progress: Progress } | null = null;
  const end = () => {
    current?.progress.end();
    current = null;
  };
  return {
    report({ what, done, total, bytes, leftOut }) {
      if (current?.what !== what) {
        end();
        current = { what, progress: progressOn(process.stderr, what) };
      }
      const moved = what === 'rows' ? '' : `, ${megabytes(bytes)} ${verb}`;
      current.progress.show(done, total, `done${moved}, ${leftOut} left out`);
    },
    end,
  };
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
