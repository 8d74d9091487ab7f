import type { Subscription } from '../../shared/domain/webhook.ts';
import { describeChangedAddresses } from './changed-addresses.ts';
import { describeErasing } from './erasing.ts';
import { describeIdempotencyKeys } from './idempotency-keys.ts';
import { describeImageEnds } from './image-ends.ts';
import { describeImageList } from './image-list.ts';
import { describeJobChanges } from './job-changes.ts';
import { describeAccepting } from './job-store/accepting.ts';
import { describeClosing } from './job-store/closing.ts';
import { describeDeleting } from './job-store/deleting.ts';
import { describeListing } from './job-store/listing.ts';
import { describePublishing } from './job-store/publishing.ts';
import { describeQuarantine } from './job-store/quarantine.ts';
import { describeRecovery } from './job-store/recovery.ts';
import { describeRetrying } from './job-store/retrying.ts';
import { describeRuns } from './job-store/runs.ts';
import { storesOf } from './job-store/stores.ts';
import { describeTransitions } from './job-store/transitions.ts';
import { describeKeptRecipes } from './kept-recipes.ts';
import type { OpenedJobStore } from './opened-job-store.ts';
import { describeEndsOfNewJobs } from './reprocessing/job-ends.ts';
import { describeNewJobs } from './reprocessing/new-jobs.ts';
import { describeSameBytesAnew } from './reprocessing/same-bytes.ts';
import { describeResumableUploads } from './resumable-uploads.ts';
import { describeRetention } from './retention.ts';
import { describeParting } from './shared-runs/parting.ts';
import { describeSharing } from './shared-runs/sharing.ts';
import { describeSimilarImages } from './similar-images.ts';
import { describeUsage } from './usage.ts';
import { describeDeliveries } from './webhooks/deliveries.ts';
import { describeMessages } from './webhooks/messages.ts';

/** These look at their own records only, and have one store together. */
const WITH_OTHERS = [
  describeAccepting,
  describeTransitions,
  describeRuns,
  describeQuarantine,
  describeRetrying,
  describePublishing,
  describeDeleting,
  describeListing,
  describeRecovery,
  describeClosing,
  describeSharing,
  describeParting,
  describeNewJobs,
  describeEndsOfNewJobs,
  describeSameBytesAnew,
];

/** Each of these has a store of its own, and what is in it is theirs. */
const ALONE = [
  describeIdempotencyKeys,
  describeKeptRecipes,
  describeImageList,
  describeErasing,
  describeChangedAddresses,
  describeRetention,
  describeImageEnds,
  describeMessages,
  describeDeliveries,
  describeSimilarImages,
  describeResumableUploads,
  describeJobChanges,
  describeUsage,
];

/**
 * What every {@link JobStore} must do.
 * @param open a store without any records, which tells these webhooks; none where nothing is given
 */
export function describeJobStore(
  name: string,
  open: (webhooks?: () => readonly Subscription[]) => Promise<OpenedJobStore>,
): void {
  const stores = storesOf(open);
  for (const describeSuite of WITH_OTHERS) describeSuite(name, stores);
  for (const describeSuite of ALONE) describeSuite(name, open);
}
