import { Multipart, PART_BYTES } from './multipart.ts';
import type { S3Bucket } from './s3-bucket.ts';

/** An object in the making: in memory up to the size of a part, and sent in parts beyond. */
export class NewObject {
  readonly key: string;
  readonly #bucket: S3Bucket;
  #gathered: Buffer[] = [];
  #bytes = 0;
  #multipart: Multipart | null = null;
  #mayBeThere = false;

  constructor(bucket: S3Bucket, key: string) {
    this.#bucket = bucket;
    this.key = key;
  }

  /** Adds a copy of them. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      if (this.#bytes === PART_BYTES) await this.#sendPart();
      const piece = Buffer.from(bytes.subarray(taken, taken + PART_BYTES - this.#bytes));
      this.#gathered.push(piece);
      this.#bytes += piece.length;
      taken += piece.length;
    }
  }

  /** When it resolves, the object is there. */
  async finish(): Promise<void> {
    this.#mayBeThere = true;
    if (!this.#multipart) return this.#bucket.put(this.key, this.#take());
    await this.#sendPart();
    await this.#multipart.complete();
  }

  /** Of what is not wanted, or could not be put. It never rejects. */
  async takeBack(): Promise<void> {
    await this.#multipart?.takeBack();
    if (this.#mayBeThere) await this.#bucket.takeBack(this.key);
  }

  async #sendPart(): Promise<void> {
    this.#multipart ??= await Multipart.begin(this.#bucket, this.key);
    await this.#multipart.add(this.#take());
  }

  #take(): Buffer {
    const whole = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#bytes = 0;
    return whole;
  }
}
