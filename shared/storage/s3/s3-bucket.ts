import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Logger } from '../../telemetry/logger.ts';
import type { ByteRange } from '../image-storage.ts';
import { bodyStream } from './body-stream.ts';
import { Circuit } from './circuit.ts';
import { newS3Client } from './s3-client.ts';
import { isMissing, isNotImplemented, isNoUpload, NoAnswer, s3Failure } from './s3-failure.ts';
import type { S3Limits } from './s3-limits.ts';
import type { S3Settings } from './s3-url.ts';
import { ServerClock } from './server-clock.ts';

export interface S3Object {
  bytes: number;
  body: ReadableStream<Uint8Array>;
}

export interface ListedObject {
  key: string;
  /** How long it lies there, by the clock of S3; what has no time is as young as can be. */
  ageMs: number;
}

/** An upload in parts that was begun and has not ended. */
export interface OpenMultipart {
  key: string;
  uploadId: string;
  /** As of {@link ListedObject}. */
  ageMs: number;
}

export interface SentPart {
  number: number;
  etag: string;
}

type Send<T> = (options: { abortSignal: AbortSignal }) => Promise<T>;

/**
 * The objects of a bucket below our prefix, which keys are without here. Bytes to be sent are in memory: they are sent anew
 * where it fails, and their digest is signed, so that other bytes than these are refused.
 * @throws {StoreError} from every call
 */
export class S3Bucket {
  readonly client: S3Client;
  /** Signs what clients ask for, by the name that they know the server by. It asks nothing itself. */
  readonly signer: S3Client;
  readonly clock: ServerClock;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #limits: S3Limits;
  readonly #circuit: Circuit;

  constructor(settings: S3Settings, limits: S3Limits, log: Logger) {
    this.client = newS3Client(settings, limits);
    this.signer = newS3Client({ ...settings, endpoint: settings.publicEndpoint }, limits);
    this.clock = new ServerClock(this.client);
    this.#bucket = settings.bucket;
    this.#prefix = settings.prefix;
    this.#limits = limits;
    this.#circuit = new Circuit(limits, log);
  }

  get isInReach(): boolean {
    return this.#circuit.answers;
  }

  /** How S3 calls an object. */
  object(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const command = new PutObjectCommand({ ...this.object(key), Body: bytes });
    await this.#ask(`put ${key}`, (options) => this.client.send(command, options));
  }

  /** Null: there is none. */
  async get(key: string, range?: ByteRange): Promise<S3Object | null> {
    const command = new GetObjectCommand({
      ...this.object(key),
      ...(range && { Range: `bytes=${range.start}-${range.end}` }),
    });
    const found = await this.#ask(`get ${key}`, (options) =>
      this.client.send(command, options).catch(ifNot(isMissing)),
    );
    if (!found) return null;
    const { Body: body, ContentLength: bytes } = found;
    if (!(body instanceof Readable) || bytes === undefined) throw s3Failure(new NoAnswer(), `get ${key}`);
    return { bytes, body: bodyStream(body, bytes, this.#limits.stillMs) };
  }

  /** Safe to call for what is not there. */
  async remove(key: string, ms = this.#limits.callMs): Promise<void> {
    const command = new DeleteObjectCommand(this.object(key));
    await this.#ask(`remove ${key}`, (options) => this.client.send(command, options), ms);
  }

  /** Clears away what may be there of an object that could not be put. What cannot be removed now is for the sweep. */
  async takeBack(key: string): Promise<void> {
    await this.remove(key, this.#limits.cleanUpMs).catch(() => {});
  }

  /** All objects whose keys begin so, in pages and by the order of their keys. */
  async *list(beginning: string): AsyncGenerator<ListedObject[]> {
    let next: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: this.#prefix + beginning,
        MaxKeys: this.#limits.pageKeys,
        ...(next !== undefined && { ContinuationToken: next }),
      });
      const page = await this.#ask(`list ${beginning}`, (options) => this.client.send(command, options));
      yield (page.Contents ?? []).map(({ Key = '', LastModified }) => ({
        key: this.#without(Key),
        ageMs: this.#ageOf(LastModified),
      }));
      next = page.NextContinuationToken;
    } while (next !== undefined);
  }

  /** @returns what S3 calls it */
  async beginMultipart(key: string): Promise<string> {
    const command = new CreateMultipartUploadCommand(this.object(key));
    const { UploadId: id } = await this.#ask(`begin ${key}`, (options) => this.client.send(command, options));
    if (id === undefined) throw s3Failure(new NoAnswer(), `begin ${key}`);
    return id;
  }

  async putPart(key: string, uploadId: string, number: number, bytes: Uint8Array): Promise<SentPart> {
    const command = new UploadPartCommand({
      ...this.object(key),
      UploadId: uploadId,
      PartNumber: number,
      Body: bytes,
    });
    const { ETag: etag } = await this.#ask(`put a part of ${key}`, (options) =>
      this.client.send(command, options),
    );
    if (etag === undefined) throw s3Failure(new NoAnswer(), `put a part of ${key}`);
    return { number, etag };
  }

  async completeMultipart(key: string, uploadId: string, parts: readonly SentPart[]): Promise<void> {
    const command = new CompleteMultipartUploadCommand({
      ...this.object(key),
      UploadId: uploadId,
      MultipartUpload: { Parts: parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag })) },
    });
    await this.#ask(`complete ${key}`, (options) => this.client.send(command, options));
  }

  /** Safe to call for one that has ended. */
  async abortMultipart(key: string, uploadId: string, ms = this.#limits.callMs): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.object(key), UploadId: uploadId });
    const send: Send<unknown> = (options) => this.client.send(command, options).catch(ifNot(isNoUpload));
    await this.#ask(`abort ${key}`, send, ms);
  }

  /** Clears away the parts of an object that could not be put. What cannot be removed now is for the sweep. */
  async takeBackParts(key: string, uploadId: string): Promise<void> {
    await this.abortMultipart(key, uploadId, this.#limits.cleanUpMs).catch(() => {});
  }

  /** All that are open, in pages; none, where a server does not list them. */
  async *listMultiparts(): AsyncGenerator<OpenMultipart[]> {
    let next: { KeyMarker: string; UploadIdMarker: string } | null = null;
    do {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
        Bucket: this.#bucket,
        Prefix: this.#prefix,
        ...next,
      });
      const page = await this.#ask('list open uploads', (options) =>
        this.client.send(command, options).catch(ifNot(isNotImplemented)),
      );
      if (!page) return;
      yield (page.Uploads ?? []).map(({ Key = '', UploadId = '', Initiated }) => ({
        key: this.#without(Key),
        uploadId: UploadId,
        ageMs: this.#ageOf(Initiated),
      }));
      const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
      next = IsTruncated && KeyMarker && UploadIdMarker ? { KeyMarker, UploadIdMarker } : null;
    } while (next);
  }

  /** Lets go of its connections. */
  close(): void {
    this.client.destroy();
    this.signer.destroy();
  }

  async #ask<T>(doing: string, send: Send<T>, ms = this.#limits.callMs): Promise<T> {
    try {
      return await this.#circuit.run(() => within(ms, send));
    } catch (error) {
      throw s3Failure(error, doing);
    }
  }

  #ageOf(date: Date | undefined): number {
    return date ? this.clock.now() - date.getTime() : Number.NEGATIVE_INFINITY;
  }

  #without(key: string): string {
    return key.slice(this.#prefix.length);
  }
}

/** Null for an error of this kind; any other is thrown. */
function ifNot(isExpected: (error: unknown) => boolean): (error: unknown) => null {
  return (error) => {
    if (isExpected(error)) return null;
    throw error;
  };
}

async function within<T>(ms: number, send: Send<T>): Promise<T> {
  const call = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new NoAnswer());
    call.abort();
  }, ms);
  try {
    return await Promise.race([send({ abortSignal: call.signal }), late]);
  } finally {
    clearTimeout(timer);
  }
}
