import { hc } from 'hono/client';
import type { createApp } from '../app.ts';
import { type Accepted, type Picture, type UploadOptions, uploadTo } from './upload.ts';
import { type Watched, type WatchOptions, watchJob } from './watch.ts';

/** The routes of the service with what they take and answer: for `hc` of Hono, where {@link darkroom} is too much. */
export type DarkroomApi = ReturnType<typeof createApp>;

export interface DarkroomOptions {
  /** An API key. Not in a browser: there a ticket is what may upload. */
  key?: string;
  /** In place of the platform's own. */
  fetch?: typeof fetch;
}

/**
 * A client of the service, for Node, Bun and browsers.
 * @param url where the service is, such as `https://photos.example`
 */
export function darkroom(url: string, { key, fetch }: DarkroomOptions = {}) {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return {
    /** Every route, typed: `api.images[':id'].$get({ param: { id } })`. */
    api: hc<DarkroomApi>(url, { headers, ...(fetch && { fetch }) }),
    /**
     * Sends a picture until it is accepted.
     * @throws {UploadRefused} when it never will be; a 503 or 429 is tried again
     */
    upload: (picture: Picture, options: UploadOptions = {}): Promise<Accepted> =>
      uploadTo(new URL('/upload', url), headers, picture, options, fetch),
    /** The same by the `url` of a ticket, which needs no key. */
    uploadByTicket: (ticket: string, picture: Picture, options: UploadOptions = {}): Promise<Accepted> =>
      uploadTo(new URL(ticket, url), {}, picture, options, fetch),
    /**
     * What a job comes to, until it has ended: `for await (const event of watch(id))`. It goes on over broken connections and restarts of
     * the service; to end it earlier, leave the loop or abort the signal.
     * @throws {WatchRefused} when there is no such job, or the key may not read it
     */
    watch: (jobId: string, options: WatchOptions = {}): AsyncGenerator<Watched, void, void> =>
      watchJob(
        new URL(`/jobs/${encodeURIComponent(jobId)}/events`, url),
        headers,
        options,
        fetch ?? globalThis.fetch,
      ),
  };
}
