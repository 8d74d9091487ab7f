import type { Sending, Sent } from './sending.ts';

const PIECE_BYTES = 64 * 1024;

/** In Node and Bun, where a body may be a stream: its bytes are counted as they are taken. */
export const sendByFetch =
  (send: typeof fetch) =>
  async ({ url, headers, body, signal, onProgress }: Sending): Promise<Sent> => {
    onProgress(0, body.size);
    const pieces = inPieces(body, (taken) => onProgress(taken, body.size));
    // Browsers' types do not know of it.
    const streamed: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers,
      body: pieces,
      signal,
      duplex: 'half',
    };
    const answer = await send(url, streamed);
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      body: await answer.text(),
    };
  };

/** @param taken how many bytes have been, each time that there are more */
function inPieces(body: Blob, taken: (bytes: number) => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        if (at >= body.size) return controller.close();
        const piece = new Uint8Array(await body.slice(at, at + PIECE_BYTES).arrayBuffer());
        controller.enqueue(piece);
        at += piece.length;
        taken(at);
      },
    },
    { highWaterMark: 0 },
  );
}
