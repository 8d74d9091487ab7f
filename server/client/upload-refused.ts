import type { Sent } from './sending.ts';

/** The service will not have this picture; `code` is that of the contract. */
export class UploadRefused extends Error {
  override readonly name = 'UploadRefused';
  readonly status: number;
  readonly code: string | null;

  constructor({ status, body }: Sent) {
    const { code = null, detail = body } = problemOf(body);
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** Refused, and may be accepted later: busy, too often, or the request that was cut is still being worked on. */
export const isForNow = ({ status, body }: Sent): boolean =>
  status === 503 || status === 429 || (status === 409 && problemOf(body).code === 'key_in_flight');

function problemOf(body: string): { code?: string; detail?: string } {
  try {
    const problem: unknown = JSON.parse(body);
    return problem !== null && typeof problem === 'object' ? problem : {};
  } catch {
    return {};
  }
}
