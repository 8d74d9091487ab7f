import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  isBrokenCircuitError,
} from 'cockatiel';
import { StoreError } from '../../errors.ts';
import type { Logger } from '../../telemetry/logger.ts';
import { isOutOfReach, nameOf } from './s3-failure.ts';
import type { S3Limits } from './s3-limits.ts';

/**
 * Asks S3 as long as it answers. After some calls in a row without an answer all fail at once, but for one now and then, which
 * finds out whether there are answers again. That there is no such object is an answer.
 */
export class Circuit {
  readonly #policy: CircuitBreakerPolicy;
  #answers = true;

  constructor({ failuresToOpen, openMs }: Pick<S3Limits, 'failuresToOpen' | 'openMs'>, log: Logger) {
    this.#policy = circuitBreaker(handleAll, {
      breaker: new ConsecutiveBreaker(failuresToOpen),
      halfOpenAfter: openMs,
    });
    this.#policy.onBreak((reason) => {
      const failure = 'error' in reason ? nameOf(reason.error) : 'unknown';
      log.error({ failure }, 'S3 is out of reach: calls fail at once');
    });
    this.#policy.onReset(() => log.info('S3 is in reach again'));
  }

  get isClosed(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  /** Whether the last call had an answer. */
  get answers(): boolean {
    return this.#answers;
  }

  /** @throws {StoreError} when S3 was not asked; else what `call` throws */
  async run<T>(call: () => Promise<T>): Promise<T> {
    // The policy would have others wait for the one that finds out.
    if (this.#policy.state === CircuitState.HalfOpen) throw notAsked();
    const answer = await this.#policy
      .execute(() => this.#answerOf(call))
      .catch((error) => {
        throw isBrokenCircuitError(error) ? notAsked() : error;
      });
    if ('refusal' in answer) throw answer.refusal;
    return answer.value;
  }

  /** To the policy a refusal is a success. */
  async #answerOf<T>(call: () => Promise<T>): Promise<{ value: T } | { refusal: unknown }> {
    try {
      const value = await call();
      this.#answers = true;
      return { value };
    } catch (error) {
      this.#answers = !isOutOfReach(error);
      if (!this.#answers) throw error;
      return { refusal: error };
    }
  }
}

const notAsked = () => new StoreError('storage_unavailable', 'S3 is out of reach, and was not asked');
