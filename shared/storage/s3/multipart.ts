import type { S3Bucket, SentPart } from './s3-bucket.ts';

/** What all parts but the last have to have: the least that S3 takes, as every part that is sent lies in memory. */
export const PART_BYTES = 5 * 2 ** 20;

/** An object that is put in parts, one after the other. It is there when it is completed, and never by halves. */
export class Multipart {
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #id: string;
  readonly #parts: SentPart[] = [];

  static async begin(bucket: S3Bucket, key: string): Promise<Multipart> {
    return new Multipart(bucket, key, await bucket.beginMultipart(key));
  }

  private constructor(bucket: S3Bucket, key: string, id: string) {
    this.#bucket = bucket;
    this.#key = key;
    this.#id = id;
  }

  async add(bytes: Uint8Array): Promise<void> {
    this.#parts.push(await this.#bucket.putPart(this.#key, this.#id, this.#parts.length + 1, bytes));
  }

  complete(): Promise<void> {
    return this.#bucket.completeMultipart(this.#key, this.#id, this.#parts);
  }

  /** Of what could not be put. It never rejects. */
  takeBack(): Promise<void> {
    return this.#bucket.takeBackParts(this.#key, this.#id);
  }
}
