import type { Random } from '../random.ts';

/** Ids that are kept at hand; the service may have forgotten an older one, as by a DELETE. */
const MOST = 200;

/** What a client of the service knows of it: a request that names nothing that is there goes no further than its route. */
export class Known {
  readonly images: string[] = [];
  readonly jobs: string[] = [];
  readonly tickets: string[] = [];
  readonly cursors: string[] = [];
  readonly sha256s: string[] = [];

  /** Takes what an answer tells. @param body JSON, or anything else */
  learn(body: string): void {
    note(this.images, /"self":"\/images\/([0-9a-f-]{36})"/.exec(body)?.[1]);
    note(this.jobs, /"job":"\/jobs\/([0-9a-f-]{36})"/.exec(body)?.[1]);
    note(this.tickets, /"url":"\/upload\?ticket=([^"]+)"/.exec(body)?.[1]);
    note(this.cursors, /"next":"([^"]+)"/.exec(body)?.[1]);
    note(this.sha256s, /"sha256":"([0-9a-f]{64})"/.exec(body)?.[1]);
  }
}

function note(list: string[], found: string | undefined): void {
  if (found === undefined) return;
  list.push(found);
  if (list.length > MOST) list.shift();
}

export const oneOr = (list: readonly string[], other: string, random: Random): string =>
  list.length === 0 ? other : random.pick(list);
