import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Answer, answerIn } from './answer.ts';
import type { RequestCase } from './request-case.ts';

/** `closed`: the connection ended without a whole answer. `silent`: nobody did anything. */
export type Exchange = Answer | { kind: 'closed' } | { kind: 'silent' };

/**
 * Sends bytes over a connection of their own, and reads the first answer. Never rejects.
 * @param patienceMs how long nothing may come
 */
export function rawExchange(port: number, request: RequestCase, patienceMs: number): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  let received = Buffer.alloc(0);
  socket.setTimeout(patienceMs, () => resolve({ kind: 'silent' }));
  socket.on('data', (piece) => {
    received = Buffer.concat([received, piece]);
    const answer = answerIn(received, request.isHead, false);
    if (answer) resolve(answer);
  });
  socket.on('end', () => resolve(answerIn(received, request.isHead, true) ?? { kind: 'closed' }));
  // What was left to send may be refused; the answer that came before counts.
  socket.on('error', () => resolve(answerIn(received, request.isHead, true) ?? { kind: 'closed' }));
  socket.once('connect', async () => {
    for (const piece of piecesOf(request)) {
      if (socket.destroyed) return;
      socket.write(piece);
      if (request.cuts.length > 0) await nextTurn();
    }
  });
  return promise.finally(() => socket.destroy());
}

function piecesOf({ bytes, cuts }: RequestCase): Buffer[] {
  const ends = [...cuts, bytes.length];
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}
