import { z } from 'zod';
import { readFlags, settingsOf } from '../helpers/command-line.ts';

export const USAGE =
  'simulate --images DIR [--url http://127.0.0.1:3000] [--requests 5000] [--concurrency 1000] [--threads 2]\n' +
  '         [--timeout-ms 120000] [--retry] [--retry-limit-ms 1800000] [--json]\n';

const count = (byDefault: number) => z.coerce.number().int().positive().default(byDefault);

const Settings = z.object({
  url: z
    .url({ protocol: /^http$/, error: 'must be an http:// address' })
    .transform((text) => new URL(text).origin)
    .default('http://127.0.0.1:3000'),
  images: z.string({ error: 'must name the folder of pictures to send' }).min(1),
  requests: count(5000),
  concurrency: count(1000),
  threads: count(2),
  /** Longest wait for one complete answer, and for any next job to end while following. */
  timeoutMs: count(120_000),
  retry: z.boolean().default(false),
  /** How long one picture is offered again. 5,000 pictures at 3 a second keep the last one waiting for 28 minutes. */
  retryLimitMs: count(1_800_000),
  json: z.boolean().default(false),
});
export type Settings = z.infer<typeof Settings>;

/** @throws {UsageError} naming every fault at once */
export function readArguments(argv: readonly string[]): Settings {
  const text = { type: 'string' } as const;
  const yes = { type: 'boolean' } as const;
  const flags = readFlags(argv, {
    url: text,
    images: text,
    requests: text,
    concurrency: text,
    threads: text,
    'timeout-ms': text,
    retry: yes,
    'retry-limit-ms': text,
    json: yes,
  });
  const named = { ...flags, timeoutMs: flags['timeout-ms'], retryLimitMs: flags['retry-limit-ms'] };
  return settingsOf(Settings, named, (name) =>
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  );
}
