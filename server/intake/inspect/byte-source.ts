/** Random access to the bytes of an upload. */
export interface ByteSource {
  readonly size: number;
  /** Resolves to fewer bytes at the end of the file, never to more than asked for. Rejects on an I/O error only. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
