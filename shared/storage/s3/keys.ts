import type { ImageId, RunId, UploadId } from '../../domain/ids.ts';

export const ORIGINALS = 'originals/';
export const VARIANTS = 'variants/';
/** What clients have put there themselves, and nobody has looked at. */
export const INCOMING = 'incoming/';
/** Parts of uploads that go on after each break. */
export const RESUMABLE = 'resumable/';

// S3 spreads keys by how they begin where there are many requests: ids are random from their first digit on.
export const originalKey = (id: ImageId): string => `${ORIGINALS}${id}`;
export const incomingKey = (id: ImageId): string => `${INCOMING}${id}`;
/** What the keys of a run's files begin with. */
export const runFolder = (run: RunId): string => `${VARIANTS}${run}/`;
/** What the keys of an upload's parts begin with. */
export const uploadFolder = (upload: UploadId): string => `${RESUMABLE}${upload}/`;
