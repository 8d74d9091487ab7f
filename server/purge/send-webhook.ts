import { signedHeaders } from '../webhooks/signed-headers.ts';

/** Who takes longer is asked again later. */
const TIMEOUT_MS = 5_000;

/** Where it goes, and what it is signed with. */
export interface Receiver {
  url: string;
  secret: Uint8Array;
}

/**
 * Sends a message as Standard Webhooks has it. Only an answer with 2xx is one; redirects are not followed.
 * @returns null when it was taken, or why it was not, which says nothing of the address
 */
export async function sendWebhook(
  { url, secret }: Receiver,
  { id, body }: { id: string; body: string },
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: signedHeaders({ id, body }, [secret]),
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
