import type { FileHandle } from 'node:fs/promises';
import type { ByteSource } from './byte-source.ts';

/** Reads from an open file. The handle stays the caller's to close; `size` is in bytes. */
export function fileByteSource(handle: FileHandle, size: number): ByteSource {
  return {
    size,
    async read(offset, length) {
      const buffer = new Uint8Array(length);
      let filled = 0;
      // read(2) may give less than was asked for without being at the end.
      while (filled < length) {
        const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
  };
}
