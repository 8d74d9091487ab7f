import type { AnyCall } from './any-call.ts';
import { nameOf } from './turns.ts';

/** A call on its way, and who waits for it. */
export interface PendingCall {
  call: AnyCall;
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Few enough for an answer within milliseconds. */
const MOST_TOGETHER = 32;
/** While one is being committed, the next is on its way. */
const GROUPS_AT_ONCE = 2;

/**
 * Gathers calls that come while others are on their way, so that they share one transaction: at a hundred jobs a second the
 * ways there and back would take more than what is done there. A call that comes alone waits for nobody.
 */
export class CallGroup {
  readonly #run: (calls: PendingCall[]) => Promise<void>;
  #waiting: PendingCall[] = [];
  #underWay = 0;

  /** @param run never rejects */
  constructor(run: (calls: PendingCall[]) => Promise<void>) {
    this.#run = run;
  }

  add(call: PendingCall): void {
    this.#waiting.push(call);
    this.#advance();
  }

  #advance(): void {
    if (this.#underWay === GROUPS_AT_ONCE || this.#waiting.length === 0) return;
    this.#underWay++;
    void this.#run(this.#take()).then(() => {
      this.#underWay--;
      this.#advance();
    });
  }

  /** Of equal uploads one at a time: the next is to see what became of it. */
  #take(): PendingCall[] {
    const taken: PendingCall[] = [];
    const left: PendingCall[] = [];
    const names = new Set<string>();
    for (const pending of this.#waiting) {
      const { call } = pending;
      const name = call.name === 'acceptUpload' ? nameOf(call.input.image) : null;
      if (taken.length === MOST_TOGETHER || (name !== null && names.has(name))) left.push(pending);
      else taken.push(pending);
      if (name !== null) names.add(name);
    }
    this.#waiting = left;
    return taken;
  }
}
