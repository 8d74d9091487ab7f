import { hostname } from 'node:os';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { JobId } from '../../domain/ids.ts';
import { Decoder } from '../../domain/quarantine.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** How often a node says that it is alive, in milliseconds. */
const BEAT_MS = 1_000;

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

const Decoders = z.array(z.object({ decoder: Decoder }));

/** Tells all others that this node is alive, and what it can do; by the clock of the database, as those of nodes may differ. */
export class NodeRegistry {
  readonly #pool: Pool;
  readonly #node: string;
  readonly #role: string;
  readonly #state: () => NodeState;
  readonly #log: Logger;
  readonly #beat: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | null = null;
  #telling: Promise<void> = Promise.resolve();
  #decoders: readonly Decoder[] = [];
  #lastAnswer = 0;

  private constructor(pool: Pool, node: string, role: string, state: () => NodeState, log: Logger) {
    this.#pool = pool;
    this.#node = node;
    this.#role = role;
    this.#state = state;
    this.#log = log;
    this.#beat = setInterval(() => this.#tellNow(), BEAT_MS);
  }

  /** When it resolves the others know of this node. */
  static async enter(
    pool: Pool,
    node: string,
    role: string,
    state: () => NodeState,
    log: Logger,
  ): Promise<NodeRegistry> {
    const registry = new NodeRegistry(pool, node, role, state, log);
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
    await this.#telling;
    await this.#pool.query('delete from nodes where id = $1', [this.#node]).catch(() => {});
  }

  #tellNow(): Promise<void> {
    this.#telling = this.#telling.then(() => this.#tell());
    return this.#telling;
  }

  async #tell(): Promise<void> {
    const { slots, publishing, decoder, typicalRunMs } = this.#state();
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
      this.#decoders = Decoders.parse(rows).map((row) => row.decoder);
      this.#lastAnswer = performance.now();
    } catch (error) {
      this.#log.warn({ err: error }, 'the database was not told that this node is alive');
    }
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
  select decoder from told where decoder is not null
  union
  select decoder from nodes
  where decoder is not null and id <> $1 and seen_at > clock_timestamp() - interval '5 seconds'`;
