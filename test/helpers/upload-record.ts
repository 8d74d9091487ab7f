import { DEFAULT_TENANT, newHoldId, UploadId } from '../../shared/domain/ids.ts';
import type { NewResumableUpload, UploadPart } from '../../shared/domain/resumable.ts';
import type { FoundUpload } from '../../shared/jobs/resumable/resumable.ts';

/** The record of one resumable upload, in memory: what a job store has of it. */
export function uploadRecord(given: Partial<FoundUpload>) {
  let upload: FoundUpload = {
    id: UploadId.parse('5f0c7a52-0000-4000-8000-000000000000'),
    tenant: DEFAULT_TENANT,
    state: 'open',
    bytes: 1,
    received: 0,
    parts: [],
    metadata: '',
    fields: {},
    createdAt: 0,
    until: Date.now() + 60_000,
    accepted: null,
    refusal: null,
    isOver: false,
    ...given,
  };
  return {
    beginUpload: async (begun: NewResumableUpload) => {
      upload = { ...upload, ...begun, ...given };
      return upload;
    },
    findUpload: async () => upload,
    holdUpload: async () => upload,
    addToUpload: async (_id: UploadId, _hold: unknown, parts: readonly UploadPart[]) => {
      upload = { ...upload, parts: [...parts], received: parts.reduce((sum, { bytes }) => sum + bytes, 0) };
      return true;
    },
    endUpload: async () => {},
    dropUpload: async () => {},
  };
}

/** All bytes of an upload in one part. */
export const inOnePart = (bytes: number): Pick<FoundUpload, 'received' | 'parts'> => ({
  received: bytes,
  parts: [{ hold: newHoldId(), at: 0, bytes }],
});
