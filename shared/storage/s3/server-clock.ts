import type { S3Client } from '@aws-sdk/client-s3';

/**
 * The clock of S3, as its answers tell it (RFC 9110, section 6.6.1), to the second: what lies there has its times by that, and signatures
 * are held against it. Until the first answer it is that of this machine.
 */
export class ServerClock {
  /** Of S3, less ours that never jumps, in milliseconds. */
  #offsetMs = Date.now() - performance.now();

  constructor(client: S3Client) {
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        this.#heard(dateOf(result.response));
        return result;
      },
      { step: 'deserialize', name: 'serverClock', priority: 'low' },
    );
  }

  /** Milliseconds since 1970; never ahead, as an answer takes its time. */
  now(): number {
    return performance.now() + this.#offsetMs;
  }

  #heard(date: string | undefined): void {
    const ms = Date.parse(date ?? '');
    if (!Number.isNaN(ms)) this.#offsetMs = ms - performance.now();
  }
}

/** The SDK's types say nothing of an answer before it is understood. */
function dateOf(response: unknown): string | undefined {
  const { headers } = response as { headers?: Record<string, string> };
  return headers?.date ?? headers?.Date;
}
