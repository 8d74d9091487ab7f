import { z } from 'zod';
import { type Expires, LONGEST_LIFE_MS } from '../../shared/domain/retention.ts';

/** What the parameter `expires` takes. */
export const EXPIRES_TAKES = `whole seconds from 1 to ${LONGEST_LIFE_MS / 1000}, or a time to come within ten years, such as 2027-01-31T12:00:00Z`;

/** When an image is to end, as a client says it: in seconds from its acceptance, or as a time of RFC 3339. */
export const ExpiresText = z
  .string()
  .max(40, EXPIRES_TAKES)
  .transform((text, context): Expires => {
    const expires = expiresOf(text);
    if (expires) return expires;
    context.addIssue({ code: 'custom', message: EXPIRES_TAKES });
    return z.NEVER;
  });

function expiresOf(text: string): Expires | null {
  if (/^\d{1,9}$/.test(text)) {
    const inMs = Number(text) * 1000;
    return inMs > 0 && inMs <= LONGEST_LIFE_MS ? { inMs } : null;
  }
  if (!z.iso.datetime({ offset: true }).safeParse(text).success) return null;
  const at = Date.parse(text);
  const left = at - Date.now();
  return left > 0 && left <= LONGEST_LIFE_MS ? { at } : null;
}
