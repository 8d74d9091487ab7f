import type { Work } from '../../shared/jobs/records.ts';
import type { Reservation } from '../../shared/queue/hand-off.ts';

/**
 * What is held for an upload, until it is used or given back.
 * @param letGo gives back what was held, in either case
 * @param put takes the work that has it
 * @param after called when either is done
 */
export function reservation(letGo: () => void, put: (work: Work) => void, after: () => void): Reservation {
  let held = true;
  const end = () => {
    if (!held) throw new Error('a reservation is used once');
    held = false;
    letGo();
  };
  return {
    submit: (work) => {
      end();
      put(work);
      after();
    },
    release: () => {
      end();
      after();
    },
  };
}
