import type { Sending, Sent } from './upload.ts';

/** In Node and Bun, where a body may be a stream: its bytes are counted as they are taken. */
export const sendByFetch =
  (send: typeof fetch) =>
  async ({ url, headers, body, signal, onProgress }: Sending): Promise<Sent> => {
    let sent = 0;
    onProgress(sent, body.size);
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        sent += chunk.length;
        onProgress(sent, body.size);
      },
    });
    const request = {
      method: 'POST',
      headers,
      body: body.stream().pipeThrough(counted),
      signal,
      duplex: 'half',
    } as const;
    const answer = await send(url, request);
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      body: await answer.text(),
    };
  };
