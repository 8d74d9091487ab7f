import { hostname } from 'node:os';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { JobId } from '../../domain/ids.ts';
import { Decoder } from '../../domain/quarantine.ts';
import type { DatabaseClock } from '../../postgres/database-clock.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** How often a node says that it is alive, in milliseconds. */
const BEAT_MS = 1_000;

/** Answers that are no further apart are those of a database that is there. */
const STEADY_MS = 3 * BEAT_MS;

/** What changes within so many milliseconds is told together. */
const GATHER_MS = 5;

/** What a node can do now. */
export interface NodeState {
  /** Runs that it can have at once: workers that are ready. 0 where it has none. */
  slots: number;
  /** Jobs that have run and are being published, whose worker is free. */
  publishing: readonly JobId[];
  /** What its workers decode with. */
  decoder: Decoder | null;
  typicalRunMs: number | null;
}

const Answer = z.tuple([z.object({ now: z.number(), decoders: z.array(Decoder) })]);

/** A clock that is so wrong shows: in the log, and in what is signed for others. Milliseconds. */
const WRONG_MS = 5_000;

/** Tells all others that this node is alive, and what it can do; by the clock of the database, as those of nodes may differ. */
export class NodeRegistry {
  readonly #pool: Pool;
  readonly #node: string;
  readonly #role: string;
  readonly #state: () => NodeState;
  readonly #clock: DatabaseClock;
  readonly #log: Logger;
  readonly #beat: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | null = null;
  #telling: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #decoders: readonly Decoder[] = [];
  #lastAnswer = 0;
  #steadySince = performance.now();
  #isWrongTold = false;

  private constructor(
    pool: Pool,
    node: string,
    role: string,
    state: () => NodeState,
    clock: DatabaseClock,
    log: Logger,
  ) {
    this.#pool = pool;
    this.#node = node;
    this.#role = role;
    this.#state = state;
    this.#clock = clock;
    this.#log = log;
    this.#beat = setInterval(() => this.#tellNow(), BEAT_MS);
  }

  /** When it resolves the others know of this node. @param clock is set by each answer */
  static async enter(
    pool: Pool,
    node: string,
    role: string,
    state: () => NodeState,
    clock: DatabaseClock,
    log: Logger,
  ): Promise<NodeRegistry> {
    const registry = new NodeRegistry(pool, node, role, state, clock, log);
    await registry.#tellNow();
    return registry;
  }

  /** Of all nodes that are alive. */
  get decoders(): readonly Decoder[] {
    return this.#decoders;
  }

  /** Milliseconds since the database has answered. */
  get silentMs(): number {
    return performance.now() - this.#lastAnswer;
  }

  /**
   * Milliseconds since the database was out of reach the last time. It may have been so for all: nobody who was silent then is
   * gone for that.
   */
  get steadyMs(): number {
    return performance.now() - this.#steadySince;
  }

  /** Something of its state has changed. @param then called when the others know of it */
  changed(then: () => void): void {
    if (this.#gathering) return;
    this.#gathering = setTimeout(() => {
      this.#gathering = null;
      void this.#tellNow().then(then);
    }, GATHER_MS);
  }

  /** From now on it counts as gone. */
  async leave(): Promise<void> {
    clearInterval(this.#beat);
    clearTimeout(this.#gathering ?? undefined);
    await this.#next;
    await this.#telling;
    await this.#pool.query('delete from nodes where id = $1', [this.#node]).catch(() => {});
  }

  /** Who asks for it while it is being told shares the next time with all others that do. */
  #tellNow(): Promise<void> {
    this.#next ??= this.#telling.then(() => {
      this.#next = null;
      this.#telling = this.#tell();
      return this.#telling;
    });
    return this.#next;
  }

  async #tell(): Promise<void> {
    const { slots, publishing, decoder, typicalRunMs } = this.#state();
    const askedAt = performance.now();
    try {
      const { rows } = await this.#pool.query({
        name: 'darkroom-node',
        text: TELL,
        values: [
          this.#node,
          this.#role,
          hostname(),
          slots,
          JSON.stringify(publishing),
          decoder,
          typicalRunMs,
        ],
      });
      const [{ now, decoders }] = Answer.parse(rows);
      this.#decoders = decoders;
      if (this.#lastAnswer > 0 && this.silentMs > STEADY_MS) this.#steadySince = performance.now();
      this.#lastAnswer = performance.now();
      this.#clock.heard(now, askedAt);
      this.#tellOfWrongClock();
    } catch (error) {
      this.#log.warn({ err: error }, 'the database was not told that this node is alive');
    }
  }

  #tellOfWrongClock(): void {
    const aheadMs = -Math.round(this.#clock.aheadMs);
    if (this.#isWrongTold || Math.abs(aheadMs) < WRONG_MS) return;
    this.#isWrongTold = true;
    this.#log.warn(
      { aheadMs },
      'the clock of this machine is not that of the database, which is taken for right',
    );
  }
}

const TELL = `
  with told as (
    insert into nodes (id, role, host, slots, publishing, decoder, typical_run_ms)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (id) do update set
      seen_at = clock_timestamp(), slots = excluded.slots, publishing = excluded.publishing, decoder = excluded.decoder,
      typical_run_ms = excluded.typical_run_ms
    returning decoder
  )
  select
    (extract(epoch from clock_timestamp()) * 1000)::float8 as now,
    array(
      select decoder from told where decoder is not null
      union
      select decoder from nodes
      where decoder is not null and id <> $1 and seen_at > clock_timestamp() - interval '5 seconds'
    ) as decoders`;
