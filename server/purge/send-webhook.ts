import { createHmac } from 'node:crypto';

/** Who takes longer is asked again later. */
const TIMEOUT_MS = 5_000;

/** Where it goes, and what it is signed with. */
export interface Receiver {
  url: string;
  secret: Uint8Array;
}

/**
 * Sends a message as Standard Webhooks has it: an id that is the same at every try, the time of this one, and an HMAC with SHA-256
 * over both and the body. Only an answer with 2xx is one; redirects are not followed.
 * @returns null when it was taken, or why it was not, which says nothing of the address
 */
export async function sendWebhook(
  { url, secret }: Receiver,
  { id, body }: { id: string; body: string },
  signal: AbortSignal,
): Promise<string | null> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'darkroom',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    return answer.ok ? null : `it answered with ${answer.status}`;
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError'
      ? `it did not answer within ${TIMEOUT_MS} ms`
      : 'it is out of reach';
  }
}
