import { StoreError } from '../../shared/errors.ts';
import { Problem } from '../problem.ts';
import { Hungup, type Patience, TooSlow } from './body-reader.ts';
import { tooManyUploads } from './no-room.ts';
import { CameTooLate, GaveWay } from './uploads-in-progress.ts';

/** What a client is told when its body did not come whole; any other error as it is. */
export function bodyFault(error: unknown, { stallMs, wholeMs }: Patience): unknown {
  if (error instanceof TooSlow) {
    return new Problem(
      'upload_too_slow',
      `A body must bring bytes at least every ${stallMs} ms and be whole within ${wholeMs} ms.`,
      { headers: { connection: 'close' } },
    );
  }
  if (error instanceof CameTooLate) return tooManyUploads();
  if (error instanceof GaveWay) {
    return new Problem(
      'upload_too_slow',
      'There is no room for all uploads, and others come faster than this one: send it again later.',
      { retryAfter: 5, headers: { connection: 'close' } },
    );
  }
  if (error instanceof Hungup) {
    // What lay in the storage comes from there.
    if (error.cause instanceof StoreError) return error.cause;
    return new Problem('malformed_request', 'The body broke off.', {}, error);
  }
  return error;
}
