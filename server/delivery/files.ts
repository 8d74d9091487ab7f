import type { DirectAccess } from '../../shared/storage/direct-access.ts';
import type { ImageStorage } from '../../shared/storage/image-storage.ts';

/** Where published files come from. */
export interface Files {
  storage: ImageStorage;
  /** Where the bucket itself is to send them; null: they come through us. */
  direct: DirectAccess | null;
}
