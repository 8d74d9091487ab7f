import { createHash } from 'node:crypto';
import { z } from 'zod';
import { JobState } from '../../../shared/domain/job.ts';
import type { Ask } from './asking.ts';
import type { Kept, Ledger } from './ledger.ts';

const Variant = z.object({ url: z.string(), bytes: z.int(), sha256: z.string() });
type Variant = z.infer<typeof Variant>;

const ImageAnswer = z.object({ status: JobState, variants: z.array(Variant) });

/**
 * Looks at an accepted image and notes what is not as promised; what is not answered, because the service is down or on
 * its way, is no fault.
 * @param choose which of its variants to fetch
 */
export async function lookAt(
  ask: Ask,
  kept: Kept,
  ledger: Ledger,
  choose: (variants: Variant[]) => Variant[],
): Promise<void> {
  const name = `image ${kept.imageId}`;
  const wasDeleted = kept.deletion === 'done';
  const answer = await ask(`/images/${kept.imageId}`);
  if (!answer || answer.status === 503) return;
  if (answer.status === 410 && kept.deletion !== 'none') return;
  if (answer.status !== 200) return ledger.broke('missing', name, `${answer.status}`);
  if (wasDeleted) return ledger.broke('unexpected end', name, 'deleted, and there again');
  const { status, variants } = ImageAnswer.parse(JSON.parse(answer.body.toString()));
  if ((status === 'succeeded') !== variants.length > 0) {
    ledger.broke('half-published', name, `${status} with ${variants.length} variants`);
  }
  for (const { url, bytes, sha256 } of choose(variants)) {
    const file = await ask(url);
    if (!file || file.status === 503 || (file.status >= 400 && kept.deletion !== 'none')) continue;
    const isWhole = file.status === 200 && file.body.length === bytes && sha256Of(file.body) === sha256;
    if (!isWhole)
      ledger.broke('half-published', name, `${url}: ${file.status}, ${file.body.length} of ${bytes} bytes`);
  }
}

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
