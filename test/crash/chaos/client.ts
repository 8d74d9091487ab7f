import { z } from 'zod';
import { refusalLabel } from '../../load/answers.ts';
import { PatientAgent, type Target } from '../../load/connections.ts';
import { type Answer, exchange, type TransportError } from '../../load/exchange.ts';
import { countOne } from '../../load/statistics.ts';
import type { Ask } from './asking.ts';
import type { Attempt, Kept, Ledger } from './ledger.ts';
import { lookAt } from './look.ts';
import { between, oneOf, pause } from './random.ts';
import { bytesOf, mayEnd, nameOf, newRecipe, type Recipe } from './recipe.ts';

/** How often, after an upload, the same bytes are sent once more, an image is deleted, or one is looked at. */
const AGAIN = 0.05;
const DELETE = 0.05;
const LOOK = 0.2;

/** Shorter than `Retry-After` says: the service is to be kept full. */
const BEFORE_NEXT_TRY_MS = { least: 30, most: 150 };

/** The request that was cut is still being worked on. */
const KEY_IN_FLIGHT = '409 key_in_flight';

const ANSWER_WITHIN_MS = 30_000;

const Accepted = z.object({
  id: z.uuid(),
  links: z.object({ job: z.string().transform((path) => path.replace('/jobs/', '')) }),
});

/** Each request has a connection of its own: what a kill cuts is then one request, and no kept connection is stale. */
const agent = new PatientAgent({ keepAlive: false });

/** Sends one picture after the other, each until it is accepted or refused for good, and minds what it has sent before. */
export class Client {
  readonly #name: string;
  readonly #target: () => Target;
  readonly #ask: Ask;
  readonly #random: () => number;
  readonly #ledger: Ledger;
  readonly #hasKeys: boolean;
  #offers = 0;
  #requests = 0;

  /** @param hasKeys a picture is offered again under its `Idempotency-Key`: an answer that was cut is then given again */
  constructor(
    name: string,
    hasKeys: boolean,
    target: () => Target,
    ask: Ask,
    random: () => number,
    ledger: Ledger,
  ) {
    this.#name = name;
    this.#hasKeys = hasKeys;
    this.#target = target;
    this.#ask = ask;
    this.#random = random;
    this.#ledger = ledger;
  }

  async send(over: AbortSignal): Promise<void> {
    const random = this.#random;
    const sent: Recipe[] = [];
    while (!over.aborted) {
      const again = random() < AGAIN ? oneOf(random, sent) : undefined;
      const recipe = again ?? newRecipe(random, `${this.#name}-${sent.length}`);
      if (!again) sent.push(recipe);
      const kept = await this.#offer(recipe, over);
      if (random() < DELETE && kept)
        await this.#delete(oneOf(random, [kept, ...this.#ledger.accepted.slice(-50)]) ?? kept);
      const one = oneOf(random, this.#ledger.accepted);
      if (random() < LOOK && one) {
        await lookAt(this.#ask, one, this.#ledger, (variants) => variants.slice(0, 1));
      }
    }
  }

  async #offer(recipe: Recipe, over: AbortSignal): Promise<Kept | null> {
    const body = bytesOf(recipe);
    const key = this.#hasKeys ? `${this.#name}-offer-${++this.#offers}` : null;
    while (!over.aborted) {
      const requestId = `${this.#name}.${++this.#requests}`;
      const kept = this.#note(requestId, { recipe, key }, await this.#post(requestId, key, body));
      if (kept !== 'later') return kept;
      await pause(between(this.#random, BEFORE_NEXT_TRY_MS), over);
    }
    return null;
  }

  #post(requestId: string, key: string | null, body: Buffer): Promise<Answer | TransportError> {
    const headers = {
      'Content-Type': 'image/jpeg',
      'Content-Length': body.length,
      'X-Request-Id': requestId,
      ...(key && { 'Idempotency-Key': `"${key}"` }),
    };
    const timeoutMs = ANSWER_WITHIN_MS;
    return exchange({
      target: this.#target(),
      agent,
      method: 'POST',
      path: '/upload',
      headers,
      body: [body],
      timeoutMs,
    });
  }

  /** @returns what was promised; null where the picture is refused for good */
  #note(
    requestId: string,
    offer: Pick<Attempt, 'recipe' | 'key'>,
    answer: Answer | TransportError,
  ): Kept | null | 'later' {
    const ledger = this.#ledger;
    const { recipe } = offer;
    if (answer.kind === 'transport-error') {
      countOne(ledger.transportErrors, answer.code);
      if (answer.code !== 'ECONNREFUSED') ledger.attempts.set(requestId, { ...offer, answer: 'cut' });
      return 'later';
    }
    if (answer.status === 200) {
      const { id, links } = Accepted.parse(JSON.parse(answer.body));
      const kept: Kept = { recipe, imageId: id, jobId: links.job, deletion: 'none' };
      ledger.attempts.set(requestId, { ...offer, answer: 'accepted' });
      ledger.accepted.push(kept);
      return kept;
    }
    const label = refusalLabel(answer.status, answer.body);
    ledger.attempts.set(requestId, { ...offer, answer: 'refused' });
    countOne(ledger.refused, label);
    ledger.notice5xx(answer.status, `upload ${requestId}`);
    if (answer.status >= 500 || label === KEY_IN_FLIGHT) return 'later';
    const isBanned = label === '422 quarantined' && mayEnd(recipe, 'quarantined');
    if (!isBanned) {
      const kind = recipe.fault === null ? 'good picture lost' : 'unexpected end';
      ledger.broke(kind, `upload ${requestId}`, `${nameOf(recipe)}: ${label}`);
    }
    return null;
  }

  async #delete(kept: Kept): Promise<void> {
    if (kept.deletion === 'done') return;
    kept.deletion = 'asked';
    const answer = await this.#ask(`/images/${kept.imageId}`, 'DELETE');
    if (answer?.status === 404) this.#ledger.broke('missing', `image ${kept.imageId}`, '404 to its deletion');
    if (answer?.status === 204 || answer?.status === 410) kept.deletion = 'done';
  }
}
