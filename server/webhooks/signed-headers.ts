import { Webhook } from 'standardwebhooks';

/**
 * The headers of a message as Standard Webhooks has it: an id that is the same at every try, the time of this one, and a signature
 * over both and the body by each of the secrets, so that any of them verifies it.
 */
export function signedHeaders(
  { id, body }: { id: string; body: string },
  secrets: readonly Uint8Array[],
): Record<string, string> {
  const now = new Date();
  return {
    'content-type': 'application/json',
    'user-agent': 'darkroom',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets
      .map((secret) => new Webhook(secret, { format: 'raw' }).sign(id, now, body))
      .join(' '),
  };
}
