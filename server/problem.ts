import { z } from 'zod';
import type { StoreError } from '../shared/errors.ts';

/**
 * Every refusal that a client may see, by its stable code: the status and the title of RFC 9457.
 * The `type` of each is `urn:darkroom:problem:` and the code.
 */
export const PROBLEMS = {
  malformed_request: { status: 400, title: 'The request cannot be read' },
  no_image: { status: 400, title: 'There is no image in the request' },
  too_many_images: { status: 400, title: 'There is more than one image in the request' },
  bad_parameter: { status: 400, title: 'A parameter is not valid' },
  no_key: { status: 401, title: 'An API key is needed' },
  bad_ticket: { status: 403, title: 'The ticket is not valid' },
  bad_signature: { status: 403, title: 'The address is not valid' },
  wrong_offset: { status: 409, title: 'The upload has other bytes by now' },
  ticket_used: { status: 409, title: 'The ticket has been used' },
  not_allowed: { status: 403, title: 'The API key does not allow this' },
  quota_exceeded: { status: 403, title: 'The quota is used up' },
  not_found: { status: 404, title: 'There is nothing here' },
  not_ready: { status: 404, title: 'The image is not ready yet' },
  failed: { status: 404, title: 'The image could not be processed' },
  method_not_allowed: { status: 405, title: 'This method is not possible here' },
  digest_mismatch: { status: 400, title: 'The body is not that of its digest' },
  key_in_flight: { status: 409, title: 'A request with this key is on its way' },
  not_ended: { status: 409, title: 'The job has not failed' },
  superseded: { status: 409, title: 'A later job has taken the place of this one' },
  upload_too_slow: { status: 408, title: 'The upload came too slowly' },
  upload_ended: { status: 410, title: 'The upload is at an end' },
  tus_version: { status: 412, title: 'The version of tus is another one' },
  checksum_mismatch: { status: 460, title: 'The bytes are not those of their checksum' },
  deleted: { status: 410, title: 'The image has been deleted' },
  original_not_kept: { status: 410, title: 'The original has not been kept' },
  too_many_bytes: { status: 413, title: 'The image has too many bytes' },
  range_not_satisfiable: { status: 416, title: 'The range is outside of the file' },
  unsupported_format: { status: 415, title: 'The image is not in an accepted format' },
  damaged_header: { status: 422, title: 'The header of the image is damaged' },
  too_many_pixels: { status: 422, title: 'The image has too many pixels' },
  too_many_frames: { status: 422, title: 'The image has too many frames' },
  too_much_memory: { status: 422, title: 'The image takes too much memory' },
  quarantined: { status: 422, title: 'These bytes are quarantined' },
  key_reused: { status: 422, title: 'The key belongs to another request' },
  unknown_preset: { status: 422, title: 'There is no such preset' },
  rate_limited: { status: 429, title: 'There were too many requests' },
  internal: { status: 500, title: 'Something went wrong here' },
  no_worker: { status: 503, title: 'All workers are busy' },
  too_many_uploads: { status: 503, title: 'Too many uploads are on their way' },
  too_many_streams: { status: 503, title: 'Too many event streams are open' },
  draining: { status: 503, title: 'The service is shutting down' },
  store_unavailable: { status: 503, title: 'A store is out of reach' },
  disk_full: { status: 507, title: 'There is no room to keep the image' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** The body of every answer that is not a success: RFC 9457, with our code and the request's id. */
export const ProblemBody = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  requestId: z.string(),
});

export interface ProblemExtras {
  /** Seconds until it may work. */
  retryAfter?: number;
  headers?: Record<string, string>;
  /** Further members of the body, such as a limit. */
  members?: Record<string, string | number | readonly string[]>;
}

/** A refusal on its way to the client. Its `detail` is written for the client, and says what to do. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}, cause?: unknown) {
    super(`${code}: ${detail}`, { cause });
    this.name = 'Problem';
    this.code = code;
    this.detail = detail;
    this.extras = extras;
  }
}

/** What a failure of a store is to a client. */
export const problemOf = ({ code }: StoreError): Problem =>
  code === 'storage_full'
    ? new Problem('disk_full', 'The disk is full: nothing was kept.')
    : new Problem('store_unavailable', 'Try again a little later.', { retryAfter: 5 });

export function problemResponse({ code, detail, extras }: Problem, requestId: string): Response {
  const { status, title } = PROBLEMS[code];
  const body = {
    type: `urn:darkroom:problem:${code}`,
    title,
    status,
    detail,
    code,
    requestId,
    ...extras.members,
  };
  const headers = new Headers({
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    ...extras.headers,
  });
  if (extras.retryAfter !== undefined) headers.set('retry-after', String(extras.retryAfter));
  return new Response(JSON.stringify(body), { status, headers });
}
