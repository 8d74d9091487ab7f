/**
 * A server that is sent the original for each variant and answers with it, as imaginary and its like work:
 * the other end of request-sides.ts.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import type { Target } from './scenario.ts';

sharp.concurrency(1);
sharp.cache(false);

async function variantOf(incoming: IncomingMessage): Promise<Buffer> {
  const original = await buffer(incoming);
  const target: Target = JSON.parse(new URL(`http://it${incoming.url}`).searchParams.get('target') ?? '');
  const { width, height, fit, format, quality, effort } = target;
  const picture = sharp(original, { failOn: 'error', sequentialRead: true })
    .autoOrient()
    .resize(width, height, { fit, withoutEnlargement: true });
  return (
    format === 'jpeg' ? picture.jpeg({ quality, progressive: true }) : picture.webp({ quality, effort })
  ).toBuffer();
}

const server = createServer((incoming, outgoing) => {
  variantOf(incoming).then(
    (bytes) => outgoing.end(bytes),
    (error) => outgoing.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
// With the bench.
process.on('disconnect', () => process.exit());
