import { z } from 'zod';

const TAKES = 'an http:// or https:// address without a user, such as https://purge.example/darkroom';

/** Where changes are told to: an operator's own address, so that it may be a private one. */
export const PurgeUrl = z
  .url({ protocol: /^https?$/, error: TAKES, abort: true })
  .refine((text) => URL.canParse(text) && new URL(text).username === '', TAKES);
