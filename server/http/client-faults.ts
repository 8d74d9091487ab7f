import type { Logger } from '../../shared/telemetry/logger.ts';

/** What a client does that is no request which could be answered: each ends its connection. */
export type ClientFault =
  /** No request came, or only a part of one, within its time. */
  | 'request_too_slow'
  | 'fields_too_large'
  | 'malformed'
  /** Two parties could read it as requests that begin and end at different places: RFC 9112, section 11.2. */
  | 'ambiguous'
  | 'reset'
  /** It does not read what it has asked for. */
  | 'answer_not_taken'
  /** It was the oldest of those that had asked for nothing yet, when nearly all connections were taken. */
  | 'crowded_out'
  | 'too_many_connections';

/** Far apart enough for a flood to fill no log. */
const TELL_EVERY_MS = 1_000;

/** Counts faults by their kind; the log gets one line for each kind and second, however many there are. */
export class ClientFaults {
  /** Of this process, since it began. */
  readonly totals = new Map<ClientFault, number>();
  readonly #log: Logger;
  readonly #untold = new Map<ClientFault, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  count(reason: ClientFault): void {
    for (const counts of [this.totals, this.#untold]) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    this.#timer ??= setTimeout(() => this.tell(), TELL_EVERY_MS).unref();
  }

  /** Writes what is not written yet. */
  tell(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    for (const [reason, count] of this.#untold) this.#log.info({ reason, count }, 'client faults');
    this.#untold.clear();
  }
}
