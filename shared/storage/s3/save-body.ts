import { open, rm } from 'node:fs/promises';
import { asStoreError } from '../../errors.ts';
import { writeWhole } from '../disk/durable-file.ts';

/** Writes a stream to a new file, which is not there when that fails. @throws {StoreError} */
export async function saveBody(body: ReadableStream<Uint8Array>, path: string): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o644);
    try {
      for await (const piece of body) await writeWhole(file, piece);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    await body.cancel().catch(() => {
      // It has ended with an error, or is locked by a reader that has let go of it.
    });
    throw asStoreError(error, 'stage an original');
  }
}
