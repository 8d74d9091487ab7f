import type { HoldId, Tenant, UploadId } from '../../domain/ids.ts';
import type { NewResumableUpload, UploadEnd, UploadPart } from '../../domain/resumable.ts';
import type { FoundUpload, UploadPlaces, UploadsToTidy } from './resumable.ts';

/** The records of uploads that may come in several requests: a part of the job store, and as that. */
export interface ResumableStore {
  /**
   * Opens an upload that may come in several requests, where there is a place for it: it has that until its picture is made.
   * @returns the upload of this id that was there already, as it is now
   */
  beginUpload(upload: NewResumableUpload, places: UploadPlaces): Promise<FoundUpload | 'no_place'>;

  /** Null: the tenant has none. */
  findUpload(id: UploadId, tenant: Tenant, at: number): Promise<FoundUpload | null>;

  /**
   * Lets one request alone add to an upload from now on, if so many bytes of it are kept and it is open; whoever did before may not
   * any more.
   * @returns the upload as it is: who has other bytes than these does not hold it
   */
  holdUpload(by: {
    id: UploadId;
    tenant: Tenant;
    hold: HoldId;
    received: number;
    at: number;
  }): Promise<FoundUpload | null>;

  /** Says which parts an upload has now. False: somebody else holds it, or it is at an end. */
  addToUpload(id: UploadId, hold: HoldId, parts: readonly UploadPart[]): Promise<boolean>;

  /** Does nothing for one that has ended. */
  endUpload(id: UploadId, end: UploadEnd): Promise<void>;

  dropUpload(id: UploadId): Promise<void>;

  /** Up to so many of each kind. */
  uploadsToTidy(at: number, limit: number): Promise<UploadsToTidy>;

  /** Of the given uploads, those that are open. */
  openUploadsAmong(ids: UploadId[]): Promise<UploadId[]>;
}
