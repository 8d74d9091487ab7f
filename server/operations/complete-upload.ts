import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { ImageId } from '../../shared/domain/ids.ts';
import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { Logger } from '../../shared/telemetry/logger.ts';
import type { Caller } from '../access/caller.ts';
import type { Ticket } from '../access/tickets.ts';
import type { Answer, Intake } from '../intake/intake.ts';
import { Problem } from '../problem.ts';

/**
 * Accepts what a client has put into the bucket. It takes the way of every upload: it is counted, hashed and inspected as it
 * is read, and what was read is kept, whatever becomes of the bucket meanwhile.
 * @throws {Problem | StoreError}
 */
export async function completeUpload(
  id: string,
  { caller, ticket }: { caller: Caller; ticket: Ticket | null },
  query: ReadonlyMap<string, string>,
  isBatch: boolean,
  direct: DirectAccess | null,
  intake: Intake,
  requestId: string,
  log: Logger,
): Promise<Answer> {
  if (!direct) throw nothingDirect();
  if (!ticket) throw new Problem('bad_ticket', 'This needs the ticket that the upload was asked for with.');
  if (ticket.id !== id) throw new Problem('bad_ticket', 'This ticket is for another upload.');
  const uploadId = ticket.id as ImageId;
  let body: Readable | null = null;
  const open = async () => {
    const upload = await direct.openUpload(uploadId);
    if (!upload)
      throw new Problem(
        'not_found',
        'There is nothing yet: PUT the image to the address of its ticket first.',
      );
    body = Readable.fromWeb(upload.body as ReadableStream);
    return body;
  };
  try {
    const answer = await intake.accept(
      {
        contentType: 'image/*',
        contentLength: ticket.maxBytes,
        body: open,
        isStored: true,
        query,
        digests: { contentDigest: undefined, reprDigest: undefined },
        idempotencyKey: undefined,
        tenant: caller.tenant,
        isBatch,
        ticket,
      },
      requestId,
      log,
    );
    // What cannot be removed now is for the sweep.
    if (!answer.isRepeated)
      await direct.removeUpload(uploadId).catch((error) => log.warn({ err: error }, 'upload not removed'));
    return answer;
  } finally {
    destroy(body);
  }
}

const destroy = (body: Readable | null) => body?.destroy();

export const nothingDirect = () =>
  new Problem(
    'bad_parameter',
    'There is no bucket here to upload to: leave "direct" out, and POST the image to "url".',
  );
