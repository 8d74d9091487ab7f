import { Problem } from '../problem.ts';
import { Hungup, type Patience, TooSlow } from './body-reader.ts';

/** What a client is told when its body did not come whole; any other error as it is. */
export function bodyFault(error: unknown, { stallMs, wholeMs }: Patience): unknown {
  if (error instanceof TooSlow) {
    return new Problem(
      'upload_too_slow',
      `A body must bring bytes at least every ${stallMs} ms and be whole within ${wholeMs} ms.`,
      { headers: { connection: 'close' } },
    );
  }
  if (error instanceof Hungup) return new Problem('malformed_request', 'The body broke off.', {}, error);
  return error;
}
