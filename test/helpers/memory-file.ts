import type { FileHandle } from 'node:fs/promises';
import type { NewFile } from '../../shared/storage/image-storage.ts';

/** An open file of these bytes. @param piece the most that one read gives */
export function memoryFile(bytes: Uint8Array, piece = Number.POSITIVE_INFINITY): Pick<FileHandle, 'read'> {
  const file = {
    async read(to: Buffer, offset: number, length: number, position: number) {
      const end = position + Math.min(length, piece);
      return { bytesRead: Buffer.from(bytes).copy(to, offset, position, end), buffer: to };
    },
  };
  return file as Pick<FileHandle, 'read'>;
}

/** What was written to it. */
export class CopyInMemory implements NewFile {
  readonly #parts: Buffer[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.#parts.push(Buffer.from(bytes));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
