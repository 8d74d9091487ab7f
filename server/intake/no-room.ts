import type { NoRoom } from '../../shared/queue/hand-off.ts';
import { Problem } from '../problem.ts';

/** A refused client may come again after so many seconds. */
const RETRY_AFTER_SECONDS = 1;

export function noRoom(reason: NoRoom, isBatch: boolean): Problem {
  switch (reason) {
    case 'busy':
      return isBatch
        ? new Problem('no_worker', 'The batch lane is full. Send the image again later.', {
            retryAfter: 10 * RETRY_AFTER_SECONDS,
          })
        : new Problem('no_worker', 'Every worker is busy. Send the image again a little later.', {
            retryAfter: RETRY_AFTER_SECONDS,
          });
    case 'no_workers':
      return new Problem('no_worker', 'No worker can be started. Send the image again later.', {
        retryAfter: 10 * RETRY_AFTER_SECONDS,
      });
    case 'draining':
      return draining();
  }
}

export function tooManyUploads(): Problem {
  return new Problem(
    'too_many_uploads',
    'Too many uploads are on their way. Send the image again in a moment.',
    {
      retryAfter: RETRY_AFTER_SECONDS,
      headers: { connection: 'close' },
    },
  );
}

export function draining(): Problem {
  return new Problem('draining', 'The service is shutting down. Send the image again in a moment.', {
    retryAfter: RETRY_AFTER_SECONDS,
    headers: { connection: 'close' },
  });
}
