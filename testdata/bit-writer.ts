/** Bits from the highest of each byte down, as the parameter sets and headers of HEVC are written: ITU-T H.265, 7.2. */
export class BitWriter {
  #bits = '';

  /** `u(n)` of H.265: an unsigned number of so many bits. */
  u(count: number, value: number): this {
    this.#bits += value.toString(2).padStart(count, '0');
    return this;
  }

  /** `ue(v)`: Exp-Golomb, H.265, 9.2. */
  ue(...values: number[]): this {
    for (const value of values) {
      const bits = (value + 1).toString(2);
      this.#bits += '0'.repeat(bits.length - 1) + bits;
    }
    return this;
  }

  /** Flags, in their order. */
  flags(...values: (0 | 1)[]): this {
    this.#bits += values.join('');
    return this;
  }

  bytes(bytes: Uint8Array): this {
    for (const byte of bytes) this.u(8, byte);
    return this;
  }

  /** The one and the zeros that fill the last byte: `rbsp_trailing_bits` and `byte_alignment` alike. */
  aligned(): Buffer {
    this.#bits += '1';
    this.#bits = this.#bits.padEnd(Math.ceil(this.#bits.length / 8) * 8, '0');
    return Buffer.from((this.#bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  }
}
