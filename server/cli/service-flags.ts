import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { errorCode } from '../../shared/errors.ts';
import { UsageError } from './flags.ts';

const BY_DEFAULT = 'http://127.0.0.1:3000';

/** Which service is asked, and as whom. */
export const ServiceSettings = z.object({
  url: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).default(BY_DEFAULT),
  /** Whose text is an API key with the scope `admin`: in an argument everybody on the machine could read it. */
  keyFile: z.string().optional(),
});

export const withServiceFlags = (command: Command): Command =>
  command
    .option('--url <address>', `of the service (default: ${BY_DEFAULT})`)
    .option('--key-file <file>', 'has an API key with the scope admin, where the service asks for keys');

/** Null: no key is sent. @throws {UsageError} when the file cannot be read */
export async function readKey(path: string | undefined): Promise<string | null> {
  if (path === undefined) return null;
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new UsageError(`--key-file ${path} cannot be read: ${errorCode(cause)}`, { cause });
  });
  return text.trim();
}
