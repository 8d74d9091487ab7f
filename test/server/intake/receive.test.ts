import { readdir, readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { receive } from '../../../server/intake/receive.ts';
import { SpoolFile } from '../../../server/intake/spool-file.ts';
import { SpoolMemory } from '../../../server/intake/spool-memory.ts';
import { UploadOnItsWay } from '../../../server/intake/uploads-in-progress.ts';
import { DEFAULT_TENANT } from '../../../shared/domain/ids.ts';
import { sha256Of } from '../../helpers/job-records.ts';
import { ownFolder } from '../../helpers/own-folder.ts';

const MOST = 10_000_000;

/** Bytes that differ wherever one looks. */
const bytesOf = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 31) ^ (at >> 8)));

describe('the spool has what was received', () => {
  // Around what stays in memory, and what is written at once.
  const LENGTHS = [0, 1, 4_095, 65_536, 131_072, 131_073, 262_144, 262_145, 1_000_003];
  const PIECES = [1_000, 65_536, 300_000];

  test.each(LENGTHS.flatMap((length) => PIECES.map((piece) => [length, piece] as const)))(
    '%d bytes in pieces of %d that all lie in the same memory',
    async (length, piece) => {
      const spool = new SpoolFile(await ownFolder(), MOST, new SpoolMemory());
      const bytes = bytesOf(length);
      const memory = Buffer.alloc(piece);
      for (let at = 0; at < length; at += piece) {
        const count = bytes.copy(memory, 0, at, at + piece);
        await spool.write(memory.subarray(0, count));
      }
      expect(await spool.finish()).toBe(sha256Of(bytes));
      expect(bytes.equals(await spool.byteSource().read(0, length))).toBe(true);
      await spool.toDisk();
      expect(bytes.equals(await readFile(spool.path))).toBe(true);
      await spool.dispose();
    },
  );

  test('and nothing is left of it when it is disposed of', async () => {
    const folder = await ownFolder();
    const spool = new SpoolFile(folder, MOST, new SpoolMemory());
    await spool.write(bytesOf(300_000));
    await spool.toDisk();
    await spool.dispose();
    expect(await readdir(folder)).toEqual([]);
  });
});

test('the memory of a body that is the image is given back while it comes, but not where others share it', async () => {
  const alone = [new Uint8Array(70_000).fill(1), new Uint8Array(70_000).fill(2)];
  const shared = new Uint8Array(100).fill(3);
  const body = [...alone, shared.subarray(0, 50)];
  const received = await receive(
    {
      contentType: 'image/jpeg',
      contentLength: undefined,
      isStored: false,
      body: () => Readable.from(body, { objectMode: true }),
      digests: { contentDigest: undefined, reprDigest: undefined },
      tenant: DEFAULT_TENANT,
      isBatch: false,
      ticket: null,
      idempotencyKey: undefined,
      query: new Map(),
    },
    {
      maxUploadBytes: MOST,
      spoolPath: await ownFolder(),
      spoolMemory: new SpoolMemory(),
      stallMs: 1_000,
      wholeMs: 10_000,
    },
    new UploadOnItsWay(MOST, () => {}),
  );
  const whole = Buffer.concat([Buffer.alloc(70_000, 1), Buffer.alloc(70_000, 2), Buffer.alloc(50, 3)]);
  expect(received.sha256).toBe(sha256Of(whole));
  expect(alone.map(({ length }) => length)).toEqual([0, 0]);
  expect(shared).toHaveLength(100);
  await received.spool.dispose();
});
