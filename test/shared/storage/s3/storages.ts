import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { expect, onTestFinished } from 'vitest';
import { newImageId } from '../../../../shared/domain/ids.ts';
import type { S3Limits } from '../../../../shared/storage/s3/s3-limits.ts';
import { type Connection, type Passage, Relay } from '../../../helpers/relay.ts';
import type { S3Server } from '../../../helpers/s3-server.ts';
import { type OpenS3Storage, openS3Storage } from '../../../helpers/s3-storage.ts';

/** Two parts and a bit. */
export const LARGE = 11 * 2 ** 20;

export const UNAVAILABLE = { name: 'StoreError', code: 'storage_unavailable' };

/** Storages on a server, and what is left in their buckets. */
export function storagesOn(server: () => S3Server) {
  const open = () => openS3Storage(server());

  /** As {@link open}, by a way that can be tampered with. */
  async function openThrough(limits: Partial<S3Limits> = {}) {
    const relay = await Relay.to(server().endpoint);
    onTestFinished(() => relay[Symbol.asyncDispose]());
    return { relay, ...(await openS3Storage(server(), limits, relay.endpoint)) };
  }

  async function received({ folder }: OpenS3Storage, bytes: Uint8Array | string): Promise<string> {
    const path = join(folder, newImageId());
    await writeFile(path, bytes);
    return path;
  }

  async function openUploads(Bucket: string): Promise<string[]> {
    const { Uploads = [] } = await server().client.send(new ListMultipartUploadsCommand({ Bucket }));
    return Uploads.map(({ Key = '' }) => Key);
  }

  async function expectNothingIn(bucket: string): Promise<void> {
    expect({ objects: await server().keysOf(bucket), uploads: await openUploads(bucket) }).toEqual({
      objects: [],
      uploads: [],
    });
  }

  return { open, openThrough, received, openUploads, expectNothingIn };
}

/** Cuts each connection that has such a request, before all of it has gone through. */
export function cutIn(request: RegExp): Passage {
  const begun = new WeakMap<Connection, number>();
  return (bytes, connection) => {
    const head = bytes.subarray(0, 2_000).toString('latin1');
    if (request.test(head)) begun.set(connection, connection.sent);
    const at = begun.get(connection);
    if (at === undefined) return bytes;
    return head.startsWith('POST') || connection.sent - at > 100_000 ? 'cut' : bytes;
  };
}
